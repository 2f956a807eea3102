# SPDX-License-Identifier: BSD-3-Clause
"""A kernel is made fit for KVM: which words are replaced, where, for which release, and what is refused."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects.base.errors import InputError, SimObjectsError
from simobjects.isa.arch import SPR
from simobjects.linux.fit import edits_for, make_fit
from tests.helpers.assembler import asm
from tests.helpers.cross import FLAGS, needed
from tests.helpers.elf_files import Elf, Part

CLEAR_SX = asm("rlwinm", ra=11, rs=11, sh=0, mb=30, me=28)
NOP = 0x6000_0000
SOURCE = """
    .globl _start, finish_tlb_load_44x, after
_start: mtspr 572,31
    mfspr 9,340
    mfspr 9,336
    rlwinm 11,11,0,30,28
    mtspr 340,9
finish_tlb_load_44x: nop
    rlwinm 11,11,0,30,28
    rlwinm 11,11,0,30,29
after: rlwinm 11,11,0,30,28
    mfspr 30,340
    .data
    mtspr 572,31
"""
PLACES = (0, 1, 6, 9)
"""The words of the code that are replaced."""
AFTER = (NOP, asm("addi", rt=9, ra=0, si=0), NOP, asm("addi", rt=30, ra=0, si=0))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "k.S").write_text(SOURCE)
    command = [needed(), *FLAGS, "-o", str(folder / "vmlinux"), str(folder / "k.S")]
    subprocess.run(command, check=True)
    return folder / "vmlinux"


def changed(before: bytes, after: bytes) -> dict[int, int]:
    """The words that differ, by offset."""
    assert len(before) == len(after)
    offsets = [at for at in range(0, len(before) - 3, 4) if before[at : at + 4] != after[at : at + 4]]
    return {at: int.from_bytes(after[at : at + 4], "big") for at in offsets}


def test_exactly_these_words_are_replaced(kernel: Path) -> None:
    image = kernel.read_bytes()
    begin = image.index(asm("mtspr", spr=SPR.MCSR, rs=31).to_bytes(4, "big"))
    fitted, replaced = make_fit(image, "vmlinux")
    assert changed(image, fitted) == {begin + 4 * place: word for place, word in zip(PLACES, AFTER, strict=True)}
    start = min(item.address for item in replaced)
    assert sorted(item.address - start for item in replaced) == [4 * place for place in PLACES]
    assert all(item.before != item.after for item in replaced)


@pytest.mark.parametrize(
    ("release", "places"),
    [("2.6.26", PLACES), ("commit", PLACES), ("3.6", (0, 6)), ("3.6.11", (0, 6)), ("3.14", (6,)), ("3.16", (6,))],
)
def test_only_what_a_release_needs(kernel: Path, release: str, places: tuple[int, ...]) -> None:
    image = kernel.read_bytes()
    _, all_of_them = make_fit(image, "vmlinux")
    start = min(item.address for item in all_of_them)
    _, replaced = make_fit(image, "vmlinux", edits_for(release))
    assert sorted((item.address - start) // 4 for item in replaced) == list(places)


def test_a_release_that_there_was_not_is_refused() -> None:
    with pytest.raises(InputError, match=r"3\.17: is no kernel with KVM for the 440; write 3\.16"):
        edits_for("3.17")


def test_a_kernel_that_is_fit_already_is_refused(kernel: Path) -> None:
    fitted, _ = make_fit(kernel.read_bytes(), "vmlinux")
    with pytest.raises(InputError, match="has no instruction to replace in finish_tlb_load_44x"):
        make_fit(fitted, "vmlinux")


def test_a_program_without_the_function_is_refused() -> None:
    words = [asm("mtspr", spr=SPR.MCSR, rs=0), CLEAR_SX]
    image = Elf([Part(0x10000, b"".join(word.to_bytes(4, "big") for word in words))]).bytes()
    with pytest.raises(InputError, match="has no symbol finish_tlb_load_44x"):
        make_fit(image, "vmlinux")


@pytest.mark.parametrize("image", [b"", b"no kernel", b"\x7fELF\x02\x01" + bytes(60)])
def test_what_is_no_kernel_is_refused(image: bytes) -> None:
    with pytest.raises(SimObjectsError, match="vmlinux: is"):
        make_fit(image, "vmlinux")


def test_damage_anywhere_in_the_headers_is_an_error_or_nothing(kernel: Path) -> None:
    """No other exception, and never a word outside of the file."""
    image, rng = kernel.read_bytes(), random.Random(440)
    sections = int.from_bytes(image[32:36], "big")
    refused = 0
    for _ in range(300):
        damaged = bytearray(image)
        at = rng.choice((rng.randrange(52), rng.randrange(sections, len(image)), rng.randrange(len(image))))
        damaged[at] = rng.randrange(256)
        try:
            fitted, _ = make_fit(bytes(damaged[: rng.choice((len(image), len(image), rng.randrange(len(image))))]), "k")
        except SimObjectsError:
            refused += 1
        else:
            assert len(fitted) == len(image)
    assert 100 < refused < 300


def test_the_command_writes_it_and_says_why(kernel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simobjects", "guest", "fit", str(kernel), "-o", "fit", "--for", "3.14"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "556b07b8 -> 60000000  user pages stay executable for the kernel" in done.stdout
    assert (tmp_path / "fit").read_bytes() == make_fit(kernel.read_bytes(), "vmlinux", edits_for("3.14"))[0]
    command[5] = "nowhere"
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        3, "simobjects: nowhere: No such file or directory; give the path of a vmlinux\n"
    )  # fmt: skip
