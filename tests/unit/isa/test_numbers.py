# SPDX-License-Identifier: BSD-3-Clause
"""The tables of the machine's numbers, against what the plain twin of the core has from the manual."""

from __future__ import annotations

import re
from enum import IntEnum
from importlib import resources

import pytest

from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.framework.events import StopReason
from simobjects.framework.quantities import MEMORY_SIZE
from simobjects.guest import steps
from simobjects.isa.arch import PAGE_SIZES, REGISTERS, SPR, VECTOR, VECTOR_NAMES, entry
from simobjects.isa.numbers import bits, listed, rows
from simobjects.kvm.names import CAUSE_NAMES, EXIT_NAMES, PRIORITY_NAMES
from tests.reference import causes, host, tlb, vcpu
from tests.reference.ppc440 import interrupts, sprs, state


def test_registers_are_those_of_the_manual() -> None:
    assert set(SPR.values()) == sprs.KNOWN
    assert {row.number for row in REGISTERS if not row.writable} == sprs.READ_ONLY
    assert {row.number for row in REGISTERS if not row.readable} == sprs.WRITE_ONLY
    shown = {row.name: row.number for row in REGISTERS if row.shown}
    assert shown.items() <= {**sprs.NUMBERS, "tbl": 284, "tbu": 285}.items()
    assert set(shown) <= set(ExecutingCore().register_names())
    assert len(SPR) == len(REGISTERS)


def test_bits_are_those_of_the_manual() -> None:
    found = 0
    for name, value in vars(state).items():
        known = re.fullmatch(r"(MSR|ESR|MCSR|TSR|TCR|CCR0|MMUCR|DBCR0)_(\w+)", name)
        if known and known[2] != "STID":
            bit = known[2].replace("IMPLEMENTED", "MASK")
            assert bits(known[1])[bit] == value, name
            found += 1
    assert found > 30


def test_vectors_are_those_of_the_manual() -> None:
    assert list(VECTOR.values()) == list(range(16))
    assert (VECTOR.CRITICAL, VECTOR.SYSCALL, VECTOR.DTLB) == (
        interrupts.CRITICAL,
        interrupts.SYSTEM_CALL,
        interrupts.DATA_MISS,
    )
    assert len(VECTOR_NAMES) == len(set(VECTOR_NAMES)) == 16


def test_kvm_orders_what_waits_as_its_twin_does() -> None:
    assert PRIORITY_NAMES == tuple(name for name, *_ in vcpu.INTERRUPTS)
    assert [VECTOR[row[0]] for row in rows("kvm/priorities.def", "PRIORITY")] == [row[1] for row in vcpu.INTERRUPTS]
    assert EXIT_NAMES == host.EXITS
    assert CAUSE_NAMES == causes.CAUSES


def test_kernels_and_framework_number_the_reasons_to_stop_alike() -> None:
    """The framework has its own list: it asks any engine, and reads no kernel's table."""
    source = resources.files("simobjects.cext").joinpath("core/processor.pxd").read_text(encoding="utf-8")
    block = source[source.index("RUNNING = -1") : source.index("cdef class Processor")]
    named = {name.replace("CYCLE_", ""): int(number) for name, number in re.findall(r"(\w+) = (\d+)", block)}
    assert named == {reason.name: reason.value for reason in StopReason}


@pytest.mark.parametrize(("enum", "macro"), [(steps.Kind, "STEP"), (steps.Datum, "DATUM"), (steps.Event, "EVENT")])
def test_enumerations_of_scripts_are_whole(enum: type[IntEnum], macro: str) -> None:
    assert {one.name: one.value for one in enum} == dict(listed("", "guest/steps.def", macro))


def test_an_entry_is_three_words() -> None:
    assert entry(0xC000_0000, 0x1_2000_0000, 256 << 20, 0x107, space=1) == (0xC000_0390, 0x2000_0001, 0x107)
    assert tuple(PAGE_SIZES.values()) == tlb.SIZE_CODES
    told = [row[1] for row in rows("arch/sizes440.def", "PAGE_SIZE")]
    assert [MEMORY_SIZE.format(size) for size in PAGE_SIZES] == told
    with pytest.raises(KeyError):
        entry(0, 0, 8192, 0)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="the special purpose registers has no 'DECR'; did you mean DEC"):
        _ = SPR.DECR
    with pytest.raises(ValueError, match=r"cext/arch/vectors440.def has no line VECTORS\(\.\.\.\)"):
        rows("arch/vectors440.def", "VECTORS")
