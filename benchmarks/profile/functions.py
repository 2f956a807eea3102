# SPDX-License-Identifier: BSD-3-Clause
"""The kernels by function: where the processor is at each tick, by the symbols of what is loaded."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from benchmarks.naive import compiler

SOURCE = Path(__file__).with_name("ticks.c")
MICROSECONDS = 1000
ROOM = 1 << 20
TRANSLATED = "translated code"
PYTHON = "Python"
_MAPPED = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ \d+ *(.*)")
_WORD = re.compile(r"(\d+)")


class Mapped(NamedTuple):
    """Executable memory and the file that it shows."""

    begin: int
    end: int
    offset: int
    path: str


def functions(work: Callable[[], object], folder: Path) -> Counter[str]:
    """Ticks by function while `work` runs. `folder` takes the compiled sampler."""
    library = folder / "ticks.so"
    flags = ["-O2", "-std=c11", "-Wall", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*compiler(), *flags, "-o", str(library), str(SOURCE)], check=True)
    sampler = ctypes.CDLL(str(library))
    sampler.ticks_stop.restype = ctypes.c_size_t
    places = (ctypes.c_uint64 * ROOM)()
    if sampler.ticks_start(places, ctypes.c_size_t(ROOM), ctypes.c_long(MICROSECONDS)):
        raise OSError("the system has no timer of CPU time")
    try:
        work()
        maps = executable()  # before what was translated goes
    finally:
        found = sampler.ticks_stop()
    return Counter(name_of(address, maps) for address in places[:found])


def executable() -> list[Mapped]:
    """The memory of this process that can be executed."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    parts = [_MAPPED.match(line) for line in lines]
    return [
        Mapped(int(part[1], 16), int(part[2], 16), int(part[4], 16), part[5])
        for part in parts
        if part and "x" in part[3]
    ]


def name_of(address: int, maps: list[Mapped]) -> str:
    """The function that holds an address."""
    mapped = next((each for each in maps if each.begin <= address < each.end), None)
    if mapped is None:
        return "unmapped"
    if not os.path.isfile(mapped.path):
        return "kernel" if mapped.path.startswith("[") else TRANSLATED
    file = Path(mapped.path).name
    if file.startswith(("python", "libpython")):
        return PYTHON
    if "simobjects" not in mapped.path and "/cext/" not in mapped.path:
        return file.partition(".")[0]
    starts, names = symbols(mapped.path)
    index = bisect_right(starts, address - mapped.begin + mapped.offset) - 1
    function = plain(names[index]) if index >= 0 else "?"
    return f"{file.partition('.')[0]}: {function}"


@cache
def symbols(path: str) -> tuple[list[int], list[str]]:
    """Where the functions of a library begin in its file, in order, and their names."""
    with Path(path).open("rb") as file:
        elf = ELFFile(file)
        loaded = [part.header for part in elf.iter_segments() if part.header.p_type == "PT_LOAD"]
        found = {}
        for section in elf.iter_sections():
            if isinstance(section, SymbolTableSection):
                for symbol in section.iter_symbols():
                    at = symbol.entry.st_value
                    if symbol.entry.st_info.type == "STT_FUNC" and at:
                        part = next(p for p in loaded if p.p_vaddr <= at < p.p_vaddr + p.p_memsz)
                        found[at - part.p_vaddr + part.p_offset] = symbol.name
    return sorted(found), [found[at] for at in sorted(found)]


def plain(name: str) -> str:
    """A function of Cython's as it is written: `Core.x` for `__pyx_f_10simobjects_4cext_4core_4core_4Core_x`."""
    name = re.sub(r"\.(constprop|part|isra|cold|lto_priv)\b.*", "", name)
    begun = re.match(r"__pyx_(?:f|pw|pf|fuse_\d+)_", name)
    if begun is None:
        return name
    rest, words = name[begun.end() :], []
    while (size := _WORD.match(rest)) is not None:
        end = size.end() + int(size[1])
        if rest[end : end + 1] != "_":  # not a length: the number of a method of Python's
            rest = rest[size.end() :]
            break
        words.append(rest[size.end() : end])
        rest = rest[end + 1 :]
    owner = words[-1] if words and words[-1][:1].isupper() else ""
    return f"{owner}.{rest}" if owner else rest
