# SPDX-License-Identifier: BSD-3-Clause
"""A Linux kernel with its initial file system as what a core executes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simobjects.framework import Problem, param
from simobjects.linux.products import INITRAMFS, KERNEL, KVM_KERNEL
from simobjects.programs.elf_program import ElfProgram

BOOTARGS = "console=ttyS0,115200 norandmaps panic=-1"


class LinuxGuest(ElfProgram):
    """A Linux kernel, its initial file system and its device tree, as `simobjects guest build` makes the first two.

    On the bare machine the kernel is the one that was compiled; under a host kernel it is that with the instructions
    replaced that KVM cannot run. `elf` and `initrd` take others.
    """

    built: str = param("guest", "folder that `simobjects guest build` has filled", identity=False, min_length=1)
    arguments: str = param("", "arguments of the kernel and of /init, behind `bootargs`: windows=3,11")

    elf: str = param("", "path of a kernel; empty: the one in `built` for what it runs on", identity=False)
    initrd: str = param("", "path of an initial file system; empty: the one in `built`", identity=False)
    device_tree: str = param("made", "`made` from the machine, or the path of a blob to fill in")
    bootargs: str = param(BOOTARGS, "arguments in the device tree (/chosen bootargs)")

    def elaborate(self) -> None:
        """Choose what was built, where the script names nothing."""
        folder = Path(self.built)
        if not self.elf:
            self.elf = str(folder / (KVM_KERNEL if self.is_guest() else KERNEL))
        if not self.initrd:
            self.initrd = str(folder / INITRAMFS)

    def kernel_arguments(self) -> str:
        return " ".join(filter(None, (self.bootargs, self.arguments)))

    def check(self) -> Iterable[Problem]:
        missing = [name for name in ("elf", "initrd") if self._is_not_built(Path(getattr(self, name)))]
        for name in missing:
            expected = "what `simobjects guest build` makes"
            self.problem(name, getattr(self, name), expected, f"run: simobjects guest build {self.built}")
        return () if missing else super().check()

    def _is_not_built(self, file: Path) -> bool:
        """Whether it is a product of a build that is not there. What else is missing has another reason."""
        return file.parent == Path(self.built) and file.name in (KERNEL, KVM_KERNEL, INITRAMFS) and not file.is_file()
