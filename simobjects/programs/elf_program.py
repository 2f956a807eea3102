# SPDX-License-Identifier: BSD-3-Clause
"""Programs out of ELF files, and memory images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from simobjects.base.files import read_regular
from simobjects.framework import Address, Problem, Ref, System, hook, param, ref
from simobjects.ppc440.symbols import Symbols
from simobjects.programs.device_tree import Facts, devices_of, fill_tree, make_tree
from simobjects.programs.elf import read_elf
from simobjects.programs.flat_tree import read_tree, write_tree
from simobjects.programs.image import INSTRUCTION, Image, ProgramError, Segment
from simobjects.programs.program import Program

LARGEST_CELL = 0xFFFF_FFFF
LARGEST_TREE = 16 << 20
"""Bytes of a device tree, as `device_tree_size` has them."""
DATA = Path(__file__).parent / "data"


def shipped_programs() -> list[str]:
    """The names that ElfProgram knows."""
    return sorted(path.stem for path in DATA.glob("*.elf"))


def program_file(name: str) -> Path:
    """The file of a program: a name without slash and dot is that of a shipped one, all else a path.

    Whether a path exists is not asked.
    """
    if "/" not in name and "." not in name and (DATA / f"{name}.elf").is_file():
        return DATA / f"{name}.elf"
    return Path(name)


class LoadedProgram(Program):
    """A program with what goes beside it in memory: a device tree and an initial file system.

    A tree that is `made` has the machine's memory, clocks and devices, each of which writes its own node; Linux 6.1
    boots with it.
    """

    device_tree: str = param("", "`made` from the machine, or the path of a blob to fill in; empty: none")
    device_tree_address: Address = param(
        0x0180_0000, "physical address of the device tree", multiple_of=8, le=0xFFFF_FFF8
    )
    device_tree_size: int = param(
        0,
        "bytes that the device tree takes, with zeros at its end as boot loaders leave room; 0: what it needs",
        ge=0,
        le=LARGEST_TREE,
    )
    fill_device_tree: bool = param(
        True, "put the machine's memory and clocks, bootargs and initrd into the blob; no: it is given as it is"
    )
    bootargs: str = param("", "arguments in the device tree (/chosen bootargs)")
    initrd: str = param("", "path of an initial file system, loaded as it is; empty: none", identity=False)
    initrd_address: Address = param(
        0x0190_0000, "physical address of the initial file system", multiple_of=4096, le=0xFFFF_F000
    )

    system: Ref[System] = ref("clock and memory")

    def files(self) -> Mapping[str, str]:
        named = {"initrd": self.initrd}
        if self.device_tree != "made":
            named["device_tree"] = self.device_tree
        return {name: file for name, file in named.items() if file}

    def check(self) -> Iterable[Problem]:
        if (self.initrd or self.bootargs) and not self.device_tree:
            name = "initrd" if self.initrd else "bootargs"
            self.problem(name, getattr(self, name), "a device tree to say so in", "set device_tree to 'made'")
        elif not self.fill_device_tree and (self.bootargs or self.device_tree == "made"):
            expected = "a tree that is filled in: one that is made, or that gets bootargs, cannot be given as it is"
            self.problem("fill_device_tree", False, expected, "leave it out, or give a blob that has the bootargs")
        elif self.device_tree and max(self.system.clock, self.memory_size() or 0) > LARGEST_CELL:
            expected = "no device tree, which has 32 bits for the clock and for the memory's size"
            self.problem("device_tree", self.device_tree, expected, "lower system.clock or system.memory below 4 G")
            return ()
        return super().check()

    def device_tree_at(self) -> int:
        """Physical address of the device tree, which the program finds in r3; 0: it gets none."""
        return int(self.device_tree_address) if self.device_tree else 0

    def placed(self) -> Iterable[tuple[str, Segment]]:
        """The program, the initial file system and the device tree, each with the parameter that it comes from.

        Raises:
            OSError: a file cannot be read.
            ProgramError: the device tree is damaged.
        """
        yield from super().placed()
        initrd = None
        if self.initrd:
            data = read_regular(Path(self.initrd))
            begin = int(self.initrd_address)
            initrd = (begin, begin + len(data))
            yield "initrd", Segment(begin, data, len(data))
        if self.device_tree:
            tree = self._tree(initrd)
            yield "device_tree", Segment(self.device_tree_at(), tree, len(tree))

    @hook
    def kernel_arguments(self) -> str:
        """What the device tree has as arguments."""
        return self.bootargs

    def _tree(self, initrd: tuple[int, int] | None) -> bytes:
        facts = Facts.of(self.core, self.system, self.memory_size() or 0, self.kernel_arguments(), initrd)
        if self.device_tree == "made":
            return write_tree(make_tree(devices_of(self.core), facts), self.device_tree_size)
        blob = read_regular(Path(self.device_tree), LARGEST_TREE)
        tree = read_tree(blob, self.device_tree)  # one that is damaged is refused, filled in or not
        if not self.fill_device_tree:
            return blob
        fill_tree(tree, facts)
        return write_tree(tree, self.device_tree_size)


class ElfProgram(LoadedProgram):
    """A program out of an ELF file (32-bit, big-endian, PowerPC, linked at fixed addresses), with its symbols.

    `elf` is a path, or the name of a program that is shipped: `ElfProgram("hello")`.
    """

    also: ClassVar[str] = f", or a shipped program ({', '.join(shipped_programs())})"

    elf: str = param(description="path of an ELF file, or name of a shipped program", identity=False, min_length=1)

    def __init__(self, elf: str | None = None, **values: Any) -> None:
        super().__init__(**(values if elf is None else {"elf": elf, **values}))

    def files(self) -> Mapping[str, str]:
        return {"elf": str(program_file(self.elf)), **super().files()}

    def contents(self) -> Image:
        return read_elf(program_file(self.elf))


class RawImage(LoadedProgram):
    """Bytes that are put into memory as they are.

    `names` is an ELF file with the same code, for profiles and messages; nothing else of it is used.
    """

    image: str = param(description="path of the image", identity=False, min_length=1)
    address: Address = param(0, "physical address of its first byte", le=0xFFFF_FFFF)
    entry: Address | None = param(None, "physical address of its first instruction; None: its first byte")
    names: str = param("", "path of an ELF file with the symbols; empty: none", identity=False)

    def __init__(self, image: str | None = None, **values: Any) -> None:
        super().__init__(**(values if image is None else {"image": image, **values}))

    def files(self) -> Mapping[str, str]:
        symbols = {"names": self.names} if self.names else {}
        return {"image": self.image, **symbols, **super().files()}

    def check(self) -> Iterable[Problem]:
        name = "address" if self.entry is None else "entry"
        value = int(getattr(self, name))
        if value % INSTRUCTION:
            expected = f"the address of an instruction, a multiple of {INSTRUCTION}"
            self.problem(name, value, expected, "align it" if name == "entry" else "align it, or give an `entry`")
        return super().check()

    def check_placed(self) -> None:
        super().check_placed()
        end = self.memory_size()
        if self.entry is not None and end is not None and self.entry >= end:
            expected = f"the address of an instruction in memory, which ends at {end:#x}"
            self.problem("entry", f"{self.entry:#x}", expected, "correct the entry, or leave it out")

    def contents(self) -> Image:
        try:
            data = read_regular(Path(self.image))
        except OSError as error:
            raise ProgramError(self.image, error.strerror or "cannot be read", fix="correct the path") from None
        if not data:
            raise ProgramError(self.image, "is empty", fix="give a file with a program in it")
        begin = int(self.address)
        entry = begin if self.entry is None else int(self.entry)
        symbols = read_elf(self.names).symbols if self.names else Symbols()
        return Image((Segment(begin, data, len(data)),), entry, symbols)
