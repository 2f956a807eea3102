# SPDX-License-Identifier: BSD-3-Clause
"""Programs and device trees with random damage: loaded, or refused with a sentence; never anything else."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.ppc440.image import ProgramError
from simobjects.workloads.device_tree import MachineFacts, SerialPort, make_tree
from simobjects.workloads.elf import parse_elf
from simobjects.workloads.flat_tree import read_tree, write_tree
from tests.helpers.elf_files import Elf, Part

PROGRAM = (Path(__file__).parents[1] / "data" / "baremetal" / "t02_pid.elf").read_bytes()
SMALL = Elf([Part(), Part(0x20000, b"data", memsize=64)], symbols=[("one", 0x10000, 4), ("two", 0x20000, 0)]).bytes()
TREE = write_tree(make_tree(MachineFacts(1 << 27, 1, 1, [SerialPort(0xEF600300, 0)], 0xC0, "quiet", (1, 2))))

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
        assert image.segments
        assert any(segment.address <= image.entry < segment.end for segment in image.segments)
        assert all(len(segment.data) <= segment.size and segment.end <= 1 << 32 for segment in image.segments)


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
