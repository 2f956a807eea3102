# SPDX-License-Identifier: BSD-3-Clause
"""A number of the machine is written once, in its table under cext; everything else has it from there by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from simobjects.framework.events import StopReason
from simobjects.isa.arch import OP, PAGE_SIZES, SPR, VECTOR, W0
from simobjects.isa.numbers import bits, rows
from simobjects.isa.table import instructions
from simobjects.kvm.host import Durations, Emulates, Expires

ROOT = Path(__file__).parents[2]
BY_HAND = (
    *(
        "tests/reference/ppc440/",
        "tests/reference/tlb.py",
        "tests/reference/vcpu.py",
        "tests/reference/program_host.py",
    ),
    *("tests/vectors/", "tests/differential/"),
)
"""Where the manual's numbers are read a second time on purpose: the plain twins, the test vectors and the generator of
instructions, against which tests/unit/isa/test_numbers.py and the differential tests hold the tables."""
FOREVER = 2**63 - 1


def numbers() -> dict[str, set[int]]:
    """What a name may stand for, with the prefixes under which C and Cython have it and without."""
    found: dict[str, set[int]] = {}

    def add(value: int, *names: str) -> None:
        for name in names:
            found.setdefault(name, set()).add(value)

    for name, value in SPR.items():
        add(value, name, f"SPR_{name}")
    for register, bit, _ in rows("arch/bits440.def", "BIT"):
        add(bits(register)[bit], f"{register}_{bit}", *([bit] if len(bit) > 1 else []))
    for name, value in VECTOR.items():
        add(value, f"V_{name}", f"VEC_{name}", *([name] if value else []))
    for name, value in OP.items():
        add(value, f"OP_{name}", *([name] if value else []))
    add(FOREVER, "FOREVER", "NEVER")
    for row in instructions():
        for name in {row.id, row.id.upper()}:
            add(row.primary, f"PRIMARY_{name}")
            add(row.extended, f"XO_{name}")
    return found


NUMBERS = numbers()


def assignments(path: Path) -> Iterator[tuple[str, int]]:
    """(name, number) for every name that a file gives a literal number."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        for name, number in re.findall(r"\b([A-Z][A-Za-z0-9_]+)\s*=\s*(?:\(int\))?\(?(0x[\dA-Fa-f]+|\d+)", text):
            yield name, int(number, 0)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            many = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs = zip(target.elts, value.elts, strict=False) if many else [(target, value)]  # type: ignore[attr-defined]
            for one, literal in pairs:
                if isinstance(one, ast.Name) and isinstance(literal, ast.Constant) and type(literal.value) is int:
                    yield one.id, literal.value


IN_USE: dict[str, set[int]] = {
    "spr": set(SPR.values()),
    "vector": {*VECTOR.values()} - {0},
    "op": {*OP.values()} - {0},
    "primary": {row.primary for row in instructions()},
    "extended": {row.extended for row in instructions()} - {0, -1},
    **{register.lower(): set(bits(register).values()) for register in ("MSR", "ESR", "TSR", "TCR", "MMUCR")},
}
"""What must not be a number where a variable of that name (or one that ends with `_` and it) is compared, masked or
given as an argument."""
USE = re.compile(r"\b(\w+)\s*(==|!=|&|\|)\s*(0x[\dA-Fa-f]+|\d+)\b")


def uses(path: Path) -> Iterator[tuple[str, int]]:
    """(variable, number) for every comparison, mask and keyword argument that has a literal number."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        for name, _, number in USE.findall(text):
            yield name, int(number, 0)
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Compare(left=left, comparators=others):
                flat = [each for other in others for each in getattr(other, "elts", [other])]
                pairs = [pair for other in flat for pair in ((left, other), (other, left))]
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
                pairs = [(left, right), (right, left)]
            case ast.keyword(arg=str(name), value=value):
                pairs = [(ast.Name(name), value)]
            case _:
                continue
        for variable, literal in pairs:
            if isinstance(literal, ast.Constant) and type(literal.value) is int:
                if isinstance(variable, ast.Name | ast.Attribute):
                    yield variable.id if isinstance(variable, ast.Name) else variable.attr, literal.value


WORD_0 = {W0.VALID | size << 4 | space for size in PAGE_SIZES.values() for space in (0, W0.TS)}
"""What only `isa.arch.entry` puts into the first word of an entry: that it is valid, its size, its address space."""
WRITES = ("write_all", "write_entry", "set_entry")


def entries(path: Path) -> Iterator[tuple[str, int]]:
    """(call, number) for every entry that Python writes into a TLB with such a number in it."""
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.suffix == ".py" else ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            for each in (part for word in node.args[1:2] for part in ast.walk(word)):
                if isinstance(each, ast.Constant) and isinstance(each.value, int) and each.value in WORD_0:
                    yield node.func.attr, each.value


def written_again(path: Path) -> list[str]:
    """The names of the tables that a file gives their numbers once more, and the numbers in use without a name."""
    named = [f"{name} = {number:#x}" for name, number in assignments(path) if number in NUMBERS.get(name, ())]
    named += [f"{call}, {number:#x}" for call, number in entries(path)]
    return named + [
        f"{name}, {number:#x}"
        for name, number in uses(path)
        if number in IN_USE.get(name.lower().rpartition("_")[2], ())
    ]


def sources() -> list[Path]:
    patterns = ("cext/**/*.pxd", "cext/**/*.pyx", "cext/**/*.h", "cext/**/*.inc")
    python = ("simobjects/**/*.py", "configs/**/*.py", "benchmarks/**/*.py", "tests/**/*.py")
    return [path for pattern in (*patterns, *python) for path in sorted(ROOT.glob(pattern))]


def test_a_number_of_the_machine_is_written_once() -> None:
    assert len(sources()) > 500
    again = {
        str(path.relative_to(ROOT)): found
        for path in sources()
        if not str(path.relative_to(ROOT)).startswith(BY_HAND) and (found := written_again(path))
    }
    assert again == {}, "take them from simobjects.isa.arch, in Cython from cext/arch/arch440.pxd"


def test_never_is_one_number() -> None:
    """What is not due is compared with it everywhere, and saved in checkpoints."""
    assert [path.name for path in sources() if path.suffix != ".py" and "INT64_MAX" in path.read_text()] == [
        "arch440.h"
    ]


def test_the_framework_and_the_kernels_stop_for_the_same_reasons() -> None:
    """Neither may import the other, so the one list that both need stands in both."""
    text = (ROOT / "cext" / "core" / "processor.pxd").read_text(encoding="utf-8")
    listed = text.partition("`StopReason` of the framework")[2].partition("\n\n")[0]
    found = {name: int(value) for name, value in re.findall(r"(\w+) = (-?\d+)", listed)}
    assert found.pop("RUNNING") == -1
    renamed = {"CYCLE_LIMIT": "LIMIT"}
    assert {renamed.get(name, name): value for name, value in found.items()} == {each.name: each for each in StopReason}


@pytest.mark.parametrize(
    ("choices", "file", "prefix", "names"),
    [
        (Emulates, "vcpu.pxd", "EMULATES", {each: each.replace(".", "_") for each in get_args(Emulates)}),
        (Expires, "vcpu.pxd", "DIS", {"delivery": "AT_DELIVERY", "never": "NEVER", "expiry": "AT_EXPIRY"}),
        (Durations, "exit_timing.pxd", "TIMING", {"off": "OFF", "2.6.29": "MICROSECONDS", "later": "TICKS"}),
    ],
)
def test_choices_stand_in_the_order_of_the_kernels_numbers(
    choices: Any, file: str, prefix: str, names: dict[str, str]
) -> None:
    text = (ROOT / "cext" / "kvm" / file).read_text(encoding="utf-8")
    numbered = {name: int(value) for name, value in re.findall(rf"\b{prefix}_(\w+) = (\d+)", text)}
    assert {names[each]: number for number, each in enumerate(get_args(choices))} == numbered


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", "PID, MMUCR = 0x30, 946\nTCR = 1\n", ["PID = 0x30", "MMUCR = 0x3b2"]),
        ("a.py", "VALID = 0x200\nWE = MSR.WE\n", ["VALID = 0x200"]),
        ("a.h", "enum { MSR_EE = 0x8000, OTHER = 3 };", ["MSR_EE = 0x8000"]),
        ("a.pxd", "cdef enum:\n    V_DTLB = 13\n    OP_MTSPR = 0\n", ["V_DTLB = 0xd", "OP_MTSPR = 0x0"]),
        (
            "a.py",
            "if vector == 13 or 8 != self.fault_vector: pass\nif kind == 13: pass",
            ["vector, 0xd", "fault_vector, 0x8"],
        ),
        (
            "a.py",
            "if vector in (1, 8) or extended not in {467}: pass",
            ["vector, 0x1", "vector, 0x8", "extended, 0x1d3"],
        ),
        ("a.pyx", "cdef enum:\n    XO_dcbi = 470\nif extended == 343: pass", ["XO_dcbi = 0x1d6", "extended, 0x157"]),
        ("a.py", "x = machine.msr & 0x8000 | 3\nget(spr=26, size=26)", ["msr, 0x8000", "spr, 0x1a"]),
        ("a.pyx", "if vector == 1:\n    c.msr |= 1\n    esr & 0x800000", ["vector, 0x1", "esr, 0x800000"]),
        ("a.py", "tlb.write_all(0, EA | 0x210, 0, 7)\ntlb.write_all(0, *entry(EA, 0, 4096, 7))", ["write_all, 0x210"]),
        ("a.pyx", "cdef int64_t FOREVER = 0x7FFFFFFFFFFFFFFF\n", ["FOREVER = 0x7fffffffffffffff"]),
    ],
)
def test_a_second_place_is_found(tmp_path: Path, name: str, text: str, found: list[str]) -> None:
    (tmp_path / name).write_text(text)
    assert written_again(tmp_path / name) == found
