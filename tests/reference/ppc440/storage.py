# SPDX-License-Identifier: BSD-3-Clause
"""Loads and stores. Nothing is written, to memory or to a register, before every byte has been translated."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.ppc440.interrupts import ALIGNMENT, Interrupt
from tests.reference.ppc440.machine import Machine
from tests.reference.ppc440.mmu import LITTLE, LOAD, STORE
from tests.reference.ppc440.state import CCR0_FLSTA, ESR_ST, SO
from tests.reference.ppc440.table import op
from tests.reference.ppc440.words import Fields, signed, u32


def places(m: Machine, ea: int, count: int, access: str, align: int = 1) -> list[tuple[int, bool]]:
    """Physical address of each byte and whether its page is little endian; alignment is judged last."""
    found = []
    for offset in range(count):
        physical, entry = m.mmu.translate(m.r, u32(ea + offset), access)
        found.append((physical, bool(entry.w2 & LITTLE)))
    check_alignment(m, ea, access, align)
    return found


def check_alignment(m: Machine, ea: int, access: str, align: int) -> None:
    if m.r.ccr0 & CCR0_FLSTA and ea % align:
        raise Interrupt(ALIGNMENT, esr=ESR_ST if access == STORE else 0, dear=ea)


def get(m: Machine, bytes_at: list[tuple[int, bool]]) -> int:
    """One item; its first byte's page says in which order."""
    data = m.load_bytes([physical for physical, _ in bytes_at])
    return int.from_bytes(data, "little" if bytes_at[0][1] else "big")


def put(m: Machine, bytes_at: list[tuple[int, bool]], value: int) -> None:
    size = len(bytes_at)
    data = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little" if bytes_at[0][1] else "big")
    m.store_bytes([physical for physical, _ in bytes_at], data)


def load(m: Machine, ea: int, size: int) -> int:
    return get(m, places(m, ea, size, LOAD, size))


def store(m: Machine, ea: int, size: int, value: int) -> None:
    put(m, places(m, ea, size, STORE, size), value)


def reverse(value: int, size: int) -> int:
    return int.from_bytes((value & ((1 << 8 * size) - 1)).to_bytes(size, "big"), "little")


def address(m: Machine, f: Fields, *, indexed: bool, update: bool) -> int:
    """With update RA is always a register; RA = 0 is an invalid form then, and means r0 here."""
    start = m.r.gpr[f.ra] if update else m.base(f.ra)
    return u32(start + (m.r.gpr[f.rb] if indexed else f.si))


def define_load(
    where: tuple[int, ...], size: int, *, update: bool = False, convert: Callable[[int], int] = u32
) -> None:
    @op(*where)
    def execute(m: Machine, f: Fields) -> None:
        ea = address(m, f, indexed=len(where) > 1, update=update)
        if update and (f.ra == 0 or f.ra == f.rt):
            m.diagnostics["invalid_form"] += 1
        m.r.gpr[f.rt] = u32(convert(load(m, ea, size)))
        if update:
            m.r.gpr[f.ra] = ea  # where RA = RT, an invalid form: the address is what stays


def define_store(
    where: tuple[int, ...], size: int, *, update: bool = False, convert: Callable[[int], int] = u32
) -> None:
    @op(*where)
    def execute(m: Machine, f: Fields) -> None:
        ea = address(m, f, indexed=len(where) > 1, update=update)
        if update and f.ra == 0:
            m.diagnostics["invalid_form"] += 1
        store(m, ea, size, convert(m.r.gpr[f.rs]))
        if update:
            m.r.gpr[f.ra] = ea


def algebraic(value: int) -> int:
    return signed(value, 16)


for primary, number, bytes_ in ((32, 23, 4), (34, 87, 1), (40, 279, 2)):
    for form in ((primary,), (31, number)):
        define_load(form, bytes_)
    for form in ((primary + 1,), (31, number + 32)):
        define_load(form, bytes_, update=True)
for form in ((42,), (31, 343)):
    define_load(form, 2, convert=algebraic)
for form in ((43,), (31, 375)):
    define_load(form, 2, update=True, convert=algebraic)
for primary, number, bytes_ in ((36, 151, 4), (38, 215, 1), (44, 407, 2)):
    for form in ((primary,), (31, number)):
        define_store(form, bytes_)
    for form in ((primary + 1,), (31, number + 32)):
        define_store(form, bytes_, update=True)
define_load((31, 534), 4, convert=lambda value: reverse(value, 4))
define_load((31, 790), 2, convert=lambda value: reverse(value, 2))
define_store((31, 662), 4, convert=lambda value: reverse(value, 4))
define_store((31, 918), 2, convert=lambda value: reverse(value, 2))


@op(46)
def lmw(m: Machine, f: Fields) -> None:
    """RA among the registers loaded is an invalid form; here it is loaded like the others."""
    ea = address(m, f, indexed=False, update=False)
    at = places(m, ea, 4 * (32 - f.rt), LOAD, 4)
    if f.ra >= f.rt and f.ra != 0:
        m.diagnostics["invalid_form"] += 1
    for register in range(f.rt, 32):
        m.r.gpr[register] = get(m, at[4 * (register - f.rt) :][:4])


@op(47)
def stmw(m: Machine, f: Fields) -> None:
    ea = address(m, f, indexed=False, update=False)
    at = places(m, ea, 4 * (32 - f.rs), STORE, 4)
    for register in range(f.rs, 32):
        put(m, at[4 * (register - f.rs) :][:4], m.r.gpr[register])


def load_string(m: Machine, f: Fields, ea: int, count: int) -> None:
    data = b"".join(m.load_bytes([physical]) for physical, _ in places(m, ea, count, LOAD))
    for begin in range(0, count, 4):
        m.r.gpr[(f.rt + begin // 4) % 32] = int.from_bytes(data[begin : begin + 4].ljust(4, b"\0"), "big")


def store_string(m: Machine, f: Fields, ea: int, count: int) -> None:
    registers = [(f.rs + number) % 32 for number in range((count + 3) // 4)]
    data = b"".join(m.r.gpr[register].to_bytes(4, "big") for register in registers)[:count]
    for (physical, _), byte in zip(places(m, ea, count, STORE), data, strict=True):
        m.store_bytes([physical], bytes([byte]))


@op(31, 597)
def lswi(m: Machine, f: Fields) -> None:
    load_string(m, f, m.base(f.ra), f.nb or 32)


@op(31, 725)
def stswi(m: Machine, f: Fields) -> None:
    store_string(m, f, m.base(f.ra), f.nb or 32)


@op(31, 533)
def lswx(m: Machine, f: Fields) -> None:
    """With a count of 0 RT is undefined; here it keeps its value."""
    load_string(m, f, address(m, f, indexed=True, update=False), m.r.xer & 0x7F)


@op(31, 661)
def stswx(m: Machine, f: Fields) -> None:
    store_string(m, f, address(m, f, indexed=True, update=False), m.r.xer & 0x7F)


@op(31, 20)
def lwarx(m: Machine, f: Fields) -> None:
    m.r.gpr[f.rt] = load(m, address(m, f, indexed=True, update=False), 4)
    m.r.reservation = True


@op(31, 150)
def stwcx(m: Machine, f: Fields) -> None:
    """Without a reservation nothing is stored, but a missing entry or a trapped misalignment still interrupts."""
    ea = address(m, f, indexed=True, update=False)
    if m.r.reservation:
        store(m, ea, 4, m.r.gpr[f.rs])
    else:
        for offset in range(4):
            m.mmu.translate(m.r, u32(ea + offset), STORE, protected=False)
        check_alignment(m, ea, STORE, 4)
    m.r.set_cr_field(0, (2 if m.r.reservation else 0) | (1 if m.r.xer & SO else 0))
    m.r.reservation = False
