# SPDX-License-Identifier: BSD-3-Clause
"""Programs and device trees with random damage: loaded, or refused with a sentence; never anything else."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects import UART16550, UIC
from simobjects.cext.board.memory import Memory
from simobjects.programs.device_tree import Facts, make_tree
from simobjects.programs.elf import parse_elf
from simobjects.programs.flat_tree import read_tree, write_tree
from simobjects.programs.image import Image, ProgramError, Segment
from simobjects.programs.program import Program
from tests.helpers.elf_files import Elf, Part

PROGRAM = (Path(__file__).parents[1] / "data" / "baremetal" / "t02_pid.elf").read_bytes()
SMALL = Elf([Part(), Part(0x20000, b"data", memsize=64)], symbols=[("one", 0x10000, 4), ("two", 0x20000, 0)]).bytes()
TREE = write_tree(make_tree([UIC(), UART16550()], Facts(1 << 27, 1, 1, "quiet", (1, 2))))

EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.sampled_from([0, 1, 2, 4, 0x7F, 0x80, 0xFE, 0xFF]), st.integers(1, 4)),
    min_size=1,
    max_size=8,
)


def damaged(data: bytes, edits: list[tuple[int, int, int]], cut: int, headers: bool) -> bytes:
    """Bytes overwritten, mostly in the headers where it matters, and the end cut off."""
    made = bytearray(data)
    for place, value, count in edits:
        limit = 160 if headers else len(made)
        at = place % min(limit, len(made))
        made[at : at + count] = bytes([value]) * count
    return bytes(made[: len(made) - cut] if cut < len(made) else made)


@given(st.sampled_from([PROGRAM, SMALL]), EDITS, st.sampled_from([0, 0, 0, 1, 40, 300]), st.booleans())
@settings(max_examples=600, deadline=2000)
def test_damaged_programs(data: bytes, edits: list[tuple[int, int, int]], cut: int, headers: bool) -> None:
    try:
        image = parse_elf(damaged(data, edits, cut, headers), "fuzzed.elf")
    except ProgramError as error:
        assert str(error).startswith("fuzzed.elf: ")
        assert error.fix
    else:
        sound(image)


def sound(image: Image) -> None:
    """What every image has: an entry within bytes of the file, bytes at places of their own, 32-bit addresses."""
    assert image.segments
    assert image.entry % 4 == 0
    assert any(segment.filled[0] <= image.entry <= segment.filled[1] - 4 for segment in image.segments)
    filled = sorted(segment.filled for segment in image.segments if segment.data)
    assert all(low[1] <= high[0] for low, high in pairwise(filled))
    for segment in image.segments:
        assert 0 < segment.size >= len(segment.data)
        assert max(segment.filled[1], segment.link + segment.size) <= 1 << 32


ADDRESSES = st.one_of(
    st.sampled_from([0, 0x10000, 0x10004, 0x10040, 0x11000, 0x20000, 0xC0010000, 0xFFFFFFF0, 0xFFFFFFFF]),
    st.integers(0x10000, 0x10100),
)
PARTS = st.builds(
    Part,
    vaddr=ADDRESSES,
    data=st.binary(max_size=64),
    paddr=st.one_of(st.none(), ADDRESSES),
    memsize=st.one_of(st.none(), st.sampled_from([0, 1, 64, 0x1000, 0xFFFFFFFF]), st.integers(0, 128)),
    filesize=st.sampled_from([None, None, None, None, 0, 1 << 20]),
)


@given(st.lists(PARTS, min_size=1, max_size=4), st.integers(0, 80))
@settings(max_examples=800, deadline=2000)
def test_segments_of_any_shape(parts: list[Part], entry: int) -> None:
    """What is accepted is loaded as the headers say: the bytes at p_paddr, all else zero."""
    data = Elf(parts, entry=parts[0].vaddr + entry & 0xFFFFFFFF).bytes()
    try:
        image = parse_elf(data, "made.elf")
    except ProgramError as error:
        assert str(error).startswith("made.elf: ")
        return
    sound(image)
    wanted, found = {}, {}
    for part in parts:
        place = part.vaddr if part.paddr is None else part.paddr
        taken = b"" if part.filesize == 0 else part.data
        assert len(taken) <= (len(taken) if part.memsize is None else part.memsize), "bytes without memory"
        wanted.update({place + at: byte for at, byte in enumerate(taken)})
    for segment in image.segments:
        found.update({segment.address + at: byte for at, byte in enumerate(segment.data)})
    assert found == wanted


@given(st.integers(0, 0x40), st.integers(0, 0x40), st.integers(0, 0x80), st.integers(0, 0x40))
@settings(max_examples=200, deadline=None)
def test_memory_after_loading(linked: int, bytes_of_it: int, cleared: int, other: int) -> None:
    """Bytes stay, wherever another part is cleared; what is cleared was something else before."""
    first = Segment(0x100, b"\1" * bytes_of_it, bytes_of_it + cleared, 0x200 + linked)
    second = Segment(0x200 + other, b"\2" * 16, 16)
    memory = Memory(4096)
    memory.write(0, b"\xff" * 4096)
    _Loaded(first, second).load(memory, 0)
    wanted = bytearray(b"\xff" * 4096)
    begin = 0x200 + linked + bytes_of_it
    wanted[begin : begin + cleared] = bytes(cleared)
    wanted[0x100 : 0x100 + bytes_of_it] = first.data
    wanted[second.address : second.address + 16] = second.data
    assert memory.read(0, 4096) == bytes(wanted)


class _Loaded(Program):
    """A program of two segments in a memory of 4 KiB."""

    def __init__(self, *segments: Segment) -> None:
        super().__init__()
        self._segments = segments

    def placed(self) -> Iterable[tuple[str, Segment]]:
        return [("elf", segment) for segment in self._segments]

    def memory_size(self) -> int:
        return 4096


@given(EDITS, st.sampled_from([0, 0, 1, 8, 100]), st.booleans())
@settings(max_examples=400, deadline=2000)
def test_damaged_device_trees(edits: list[tuple[int, int, int]], cut: int, headers: bool) -> None:
    try:
        tree = read_tree(damaged(TREE, edits, cut, headers), "fuzzed.dtb")
    except ProgramError as error:
        assert str(error).startswith("fuzzed.dtb: ")
    else:
        assert read_tree(write_tree(tree), "again") == tree


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=2000)
def test_anything_at_all(data: bytes) -> None:
    for parse in (parse_elf, read_tree):
        for magic in (b"", b"\x7fELF\x01\x02\x01", b"\xd0\x0d\xfe\xed"):
            try:
                parse(magic + data, "noise")
            except ProgramError:
                continue
