# SPDX-License-Identifier: BSD-3-Clause
"""Generators of privileged instructions; in user mode each is a program interrupt."""

from __future__ import annotations

from simobjects.isa import arch
from tests.differential import encode, layout
from tests.differential.encode import ISYNC, d_form, load_constant, spr_form, x_form
from tests.differential.writer import Writer

MMUCR, PID = arch.SPR.MMUCR, arch.SPR.PID
MTSPR, MFSPR = 467, 339
LOCKING = 0x000C_0000  # MMUCR[DULXE, IULXE]
EE, PR, ME, CE, DE = arch.MSR.EE, arch.MSR.PR, arch.MSR.ME, arch.MSR.CE, arch.MSR.DE

# Number: the bits that every 440 keeps. IVORs: only those of interrupts that cannot come here.
REGISTERS = {
    272: ~0, 273: ~0, 274: ~0, 275: ~0, 276: ~0, 277: ~0, 278: ~0, 279: ~0, 256: ~0,     # SPRG, USPRG0
    26: ~3, 58: ~3, 570: ~3, 27: 0x2_DB30, 59: 0x2_DB30, 571: 0x2_DB30,                  # SRR, CSRR, MCSRR
    61: ~0, 62: 0x0BF4_0000, PID: 0xFF, MMUCR: 0x016D_00FF,
    400: 0xFFF0, 401: 0xFFF0, 407: 0xFFF0, 409: 0xFFF0, 411: 0xFFF0, 412: 0xFFF0, 415: 0xFFF0,
    312: ~3, 313: ~3, 314: ~3, 315: ~3, 316: ~0, 317: ~0, 318: ~0, 319: ~0,             # IAC, DAC, DVC; DBCR0 stays 0
}  # fmt: skip
READ_ONLY = (287, 260, 261, 262, 263)  # PVR, SPRG4 to 7
WRITE_ONLY = (54,)  # DECAR
# No such register: ignored in supervisor mode, privileged in user mode. (Without 0x10 in the number QEMU reports a
# privileged instruction in user mode where a 440 reports an illegal one: Q36.)
ABSENT = (0x210, 0x230, 0x2F0, 0x070)


def refused(w: Writer) -> None:
    """One privileged instruction, with any operands: only for user mode, where none of them is executed."""
    a, b, c = w.rng.randrange(32), w.rng.randrange(32), w.rng.randrange(32)
    kind = w.rng.randrange(6)
    if kind == 0:
        w.add([w.rng.choice((encode.RFI, encode.RFCI, encode.RFMCI, x_form(31, 566, 0, 0, 0)))])
    elif kind == 1:
        w.add([spr_form(w.rng.choice((323, 451)), a, w.rng.randrange(1024))])  # mfdcr, mtdcr
    elif kind == 2:
        numbers = [number for number in REGISTERS if number & 0x10]
        w.add([spr_form(w.rng.choice((MTSPR, MFSPR)), a, w.rng.choice(numbers))])
    elif kind == 3:  # mfmsr, mtmsr, wrtee
        w.add([x_form(31, w.rng.choice((83, 146, 131)), a, 0, 0)])
    elif kind == 4:  # dccci, iccci, dcbi
        w.add([x_form(31, w.rng.choice((454, 966, 470)), 0, b, c)])
    else:  # tlbwe, tlbre, tlbsx
        xo = w.rng.choice((978, 946, 914))
        w.add([x_form(31, xo, a, b, c if xo == 914 else c % 3, xo == 914 and w.rng.random() < 0.5)])


def special_register(w: Writer) -> None:
    number = w.rng.choice((*REGISTERS, *REGISTERS, *READ_ONLY, *WRITE_ONLY, *ABSENT))
    write = number in WRITE_ONLY or (number not in READ_ONLY and w.rng.random() < 0.5)
    if not write:
        w.add([spr_form(MFSPR, w.target(), number)])
        return
    register = w.target()
    value = w.rng.getrandbits(32) & REGISTERS.get(number, ~0)
    if number == MMUCR and not w.hardware:
        value &= ~LOCKING  # QEMU lets user mode use dcbf and icbi all the same (Q22)
    w.add([*load_constant(register, value), spr_form(MTSPR, register, number)])


def machine_state(w: Writer) -> None:
    """mfmsr, a bit changed, mtmsr. Not ME (QEMU cannot, Q13)."""
    register = w.target()
    flip = w.rng.choice((0, EE, EE, DE, CE, PR))
    words = [x_form(31, 83, register, 0, 0), d_form(26, register, register, flip)]
    words += [d_form(27, register, register, flip >> 16), x_form(31, 146, register, 0, 0), ISYNC]
    w.add(words)


def enable(w: Writer) -> None:
    if w.rng.random() < 0.5:
        w.add([x_form(31, 163, 0, 0, w.rng.choice((0, 16)))])  # wrteei
    else:
        w.add([x_form(31, 131, w.source(), 0, 0)])  # wrtee
    if w.rng.random() < 0.5:
        w.add([x_form(31, 83, w.target(), 0, 0)])  # mfmsr


def return_from_interrupt(w: Writer) -> None:
    goal = w.ahead()
    where, state = w.rng.sample(range(14), 2)
    instruction, pc, msr = w.rng.choice(((encode.RFI, 26, 27), (encode.RFCI, 58, 59), (encode.RFMCI, 570, 571)))
    flip = w.rng.choice((0, EE, ME, CE, DE, ME, PR))
    words = [
        *(d_form(15, where, 0, 0), d_form(24, where, where, 0), spr_form(MTSPR, where, pc)),
        *(x_form(31, 83, state, 0, 0), d_form(26, state, state, flip), d_form(27, state, state, flip >> 16)),
        *(spr_form(MTSPR, state, msr), instruction),
    ]
    w.add(words, (0, "high", goal), (1, "low", goal))


def entry(w: Writer) -> None:
    """An entry is made, read back, used and found. It is invalid while it is made (Q6)."""
    slot = w.rng.randrange(layout.SPARE_SLOTS)
    ea = layout.SPARE + slot * 0x10_0000
    size = w.rng.choice(("4K", "16K", "64K", "256K", "1M"))
    tid = w.rng.choice((0, 0, 0, 5, 7))
    space = w.rng.choice((layout.TS, layout.TS, layout.TS, 0))
    attributes = w.rng.getrandbits(6) | w.rng.choice((0, 0x100, 0x200, 0x300)) | w.rng.getrandbits(4) << 12
    index, a, b = w.rng.sample(range(14), 3)
    words = [
        d_form(14, index, 0, layout.SPARE_SLOT + slot),
        *(d_form(14, a, 0, 0), x_form(31, 978, a, index, 0)),
        *(*load_constant(b, layout.DATA), x_form(31, 978, b, index, 1)),
        *(*load_constant(b, attributes), x_form(31, 978, b, index, 2)),
        *(d_form(14, a, 0, tid), spr_form(MTSPR, a, MMUCR)),
        *(*load_constant(b, ea | layout.V | space | layout.SIZES[size] << 4), x_form(31, 978, b, index, 0), ISYNC),
    ]
    for word in w.rng.sample(range(3), w.rng.randrange(4)):
        words.append(x_form(31, 946, w.target(), index, word))  # tlbre
    words += load_constant(a, ea + w.rng.randrange(0, 0x1000, 4))
    words += [d_form(32, w.target(), a, 0), d_form(36, w.source(), a, 0)][: w.rng.randrange(3)]
    w.add(words)


def search(w: Writer) -> None:
    """tlbsx. in address space 1 (Q1). The target of a search that finds nothing is undefined (Q2), so it is written."""
    a, b = w.rng.sample(range(14), 2)
    found = w.rng.random() < 0.6
    tid = w.rng.choice((0, 5, 9))
    mapped = (layout.PAIR, layout.MEDIUM, layout.NOTHING, layout.USER, layout.CODE_EA + 0x10_0000)
    others = (layout.UNMAPPED, 0x4000_0000, layout.TAGGED, layout.PAIR + 0x2_0000)
    record = w.rng.random() < 0.7 or not found
    words = [
        *(*load_constant(a, 0x1_0000 | tid), spr_form(MTSPR, a, MMUCR), ISYNC),
        *load_constant(b, w.rng.choice(mapped if found else others) + w.rng.randrange(0x1000)),
        x_form(31, 914, a, 0, b, record),
    ]
    w.add(words if found else [*words, d_form(14, a, 0, 1)])


def process(w: Writer) -> None:
    """Another PID, and an access that depends on it."""
    a, b = w.rng.sample(range(14), 2)
    words = [d_form(14, a, 0, w.rng.choice((0, 5, 5, 7, 0xFF))), spr_form(MTSPR, a, PID), ISYNC]
    words += load_constant(b, layout.TAGGED + w.rng.randrange(0, 0x1000, 4))
    w.add([*words, d_form(w.rng.choice((32, 36)), a, b, 0)])


def cache(w: Writer) -> None:
    kind = w.rng.randrange(4)
    if kind < 2:  # operands are ignored
        w.add([x_form(31, w.rng.choice(list(encode.CACHE_ALL.values())), 0, w.source(), w.source())])
    elif kind == 2:
        w.add([x_form(31, 566, 0, 0, 0)])  # tlbsync
    else:  # dcbi: of a page that may be read and written, or of none
        a = w.rng.randrange(14)
        page = w.rng.choice((layout.PAIR, layout.MEDIUM, layout.UNMAPPED, layout.READ_ONLY))
        w.add([*load_constant(a, page + w.rng.randrange(0x1000)), x_form(31, 470, 0, 0, a)])
