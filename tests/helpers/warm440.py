# SPDX-License-Identifier: BSD-3-Clause
"""Random programs that come by the same places often: loops and calls in several pages, over data that mostly is there.

Physical pages are not in the order of effective ones. Some data pages are missing, read-only, of 1 KiB, little-endian
or of another PID; addresses lie near page ends. The programs change their own code, TLB entries, PID and privilege, and
timers interrupt them. Handlers skip what faulted; a system call changes the privilege.

What they do often is chosen by the lists of names, and what that is follows from the instruction table. A seed means
the same program only as long as nobody sorts these lists.
"""

from __future__ import annotations

import random

from simobjects.isa import arch
from simobjects.isa.arch import MSR, TCR
from simobjects.isa.table import Instruction, by_id, instructions
from tests.helpers import running440
from tests.helpers.assembler import asm
from tests.helpers.encodings import encode
from tests.helpers.machines440 import Compiled

RAM = 1 << 20
VECTORS, VECTOR_EA = 0x8000, 0x20000000
CODE_EA, CODE_PAGES, CODE_PLACES = 0x10000000, 4, (0x13000, 0x11000, 0x14000, 0x10000)
ALIAS_EA = 0x30000000
"""Where the code's pages are data, writable, each at CODE_EA's distance."""
DATA_EA, DATA_PAGES, DATA = 0x40000000, 24, 0x40000
LR, CTR = arch.SPR.LR, arch.SPR.CTR
BASES, VALUES, INDEX, STACK = range(24, 30), range(3, 20), 2, 1
LATENCIES = {"spr_latency": 1500, "tlbwe_latency": 3000, "rfi_latency": 2500}
PLAIN = (
    "addi addis ori oris xori xoris andi_rec andis_rec add addc adde addze addme addic addic_rec subf subfc subfe "
    "subfze subfme subfic neg mulli mullw mulhw mulhwu divw divwu and andc or orc xor nor nand eqv slw srw sraw "
    "srawi cntlzw extsb extsh rlwinm rlwimi rlwnm cmp cmpl cmpi cmpli mfcr mtcrf mcrf crand cror crxor creqv "
    "crandc crnor isel mcrxr tw twi mullhw macchw"
).split()
MEMORY = (
    "lwz lwzu lwzx lwzux lbz lbzu lbzx lbzux lhz lhzu lhzx lhzux lha lhau lhax lhaux stw stwu stwx stwux stb stbu stbx "
    "stbux sth sthu sthx sthux lwbrx lhbrx stwbrx sthbrx lwarx stwcx_rec dcbz lmw stmw lswi stswi lswx stswx dcbt dcbf "
    "dcbst"
).split()
OTHER = ("mfmsr", "msync", "isync", "mbar", "wrteei", "wrtee", "mftb", "tlbsync")
READ = tuple(arch.SPR[name] for name in "XER PID MMUCR ESR DEAR SRR0 TCR USPRG0 USPRG4 USPRG6 SPRG4 CCR1".split())
WRITTEN = tuple(arch.SPR[name] for name in "XER MMUCR MMUCR MMUCR USPRG0 SPRG6 DEAR DECAR CCR1".split())
WORDS = {name: by_id(name) for name in (*PLAIN, *MEMORY, *OTHER)}
LOST = {*running440.FAR, "bc", "mtspr", "mtmsr", "mtdcr", "tlbwe"}
"""After which a program with any operands would not go on as it was meant to."""
ANY: tuple[Instruction, ...] = tuple(row for row in instructions() if row.id not in LOST)


def handler(vector: int) -> list[int]:
    """Of `running440`; after a system call the privilege is the other one."""
    srr1 = arch.SPR.SRR1
    changed = [asm("mfspr", rt=31, spr=srr1), asm("xori", ra=31, rs=31, ui=MSR.PR), asm("mtspr", spr=srr1, rs=31)]
    return running440.handler(vector, changed)


def constant(register: int, value: int) -> list[int]:
    return [asm("addis", rt=register, ra=0, si=value >> 16), asm("ori", ra=register, rs=register, ui=value & 0xFFFF)]


class Writer:
    """One program: a main loop in the first page, functions all over the pages."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.words: dict[int, int] = {}
        self.at = 0
        self.leaves: list[int] = []
        self.plain: list[int] = []
        """Addresses of instructions that may be replaced by others."""
        self.given = {
            **dict.fromkeys(("rt", "rs", "ra"), tuple(VALUES)),
            "rb": (*VALUES, INDEX, INDEX),
            "to": (4, 8, 16, 2, 1, 12, 20),
        }

    def put(self, *words: int) -> None:
        for word in words:
            self.words[self.at] = word
            self.at += 4

    def address(self) -> int:
        """Of data: often a few bytes before the end of a page."""
        page = DATA_EA + 4096 * self.rng.randrange(DATA_PAGES)
        return page + self.rng.choice((self.rng.randrange(4096), 4096 - self.rng.randrange(1, 40), 16))

    def simple(self) -> int:
        return encode(WORDS[self.rng.choice(PLAIN)], self.rng, self.given)

    def access(self) -> int:
        row = WORDS[self.rng.choice(MEMORY)]
        bases = tuple(BASES)
        places = [base << 16 | self.rng.choice((0, 4, 8, 0x13, 0xFFF0, 30)) for base in bases]
        registers = tuple(range(24, 30)) if row.id == "stmw" else (30,) if row.id == "lmw" else tuple(VALUES)
        own = {"d(ra)": places, "ra": bases, "rb": (INDEX,), "rt": registers, "rs": registers, "nb": (5, 8)}
        return encode(row, self.rng, {**self.given, **own})

    def compared(self) -> None:
        """Two fields are compared, then branches look at one, the other or a third."""
        fields = self.rng.sample(range(8), 2)
        for field in fields:
            row = WORDS[self.rng.choice(("cmp", "cmpl", "cmpi", "cmpli"))]
            self.put(encode(row, self.rng, {**self.given, "bf": (field,)}))
        for left in (5, 4, 3):
            bit = 4 * self.rng.choice((*fields, *fields, self.rng.randrange(8))) + self.rng.randrange(4)
            self.put(asm("bc", bo=self.rng.choice((4, 12)), bi=bit, bd=4 * self.rng.randint(1, left)))

    def system(self) -> None:
        """Registers of the system, and entries that change while base registers point into their pages."""
        rng, value = self.rng, self.rng.choice(VALUES)
        kind = rng.random()
        if kind < 0.35:
            self.put(asm("mfspr", rt=value, spr=rng.choice(READ)))
        elif kind < 0.6:
            self.put(asm("mtspr", spr=rng.choice(WRITTEN), rs=value))
        elif kind < 0.7:
            self.put(asm("tlbsx", rt=value, ra=0, rb=rng.choice(BASES)) | rng.randrange(2))
        elif kind < 0.8:
            base = rng.choice(BASES)
            self.put(asm("or", ra=STACK, rs=base, rb=base))
            self.put(asm("lwz", rt=17, ra=STACK, d=0), asm("stw", rs=16, ra=STACK, d=0))
        elif kind < 0.88:
            own = 30 + ((self.at - CODE_EA) >> 12)
            self.put(asm("addi", rt=18, ra=0, si=own), asm("addi", rt=19, ra=0, si=0x24))
            self.put(asm("tlbwe", rs=19, ra=18, ws=2))
        else:
            base, word = rng.choice(BASES), rng.choice((0, 1, 2))
            self.put(asm("tlbsx", rt=18, ra=0, rb=base), asm("rlwinm", ra=18, rs=18, sh=0, mb=27, me=31))
            self.put(asm("tlbre", rt=19, ra=18, ws=word))
            if word == 1:
                self.put(asm("xori", ra=19, rs=19, ui=0x1000))
            self.put(asm("or", ra=STACK, rs=base, rb=base), asm("lwz", rt=17, ra=STACK, d=0))
            self.put(asm("tlbwe", rs=19, ra=18, ws=word), asm("lwz", rt=16, ra=STACK, d=0))

    def reserved(self) -> None:
        """A word is loaded with a reservation and stored twice, which succeeds once."""
        base = self.rng.choice(BASES)
        self.put(asm("lwarx", rt=self.rng.choice(VALUES), ra=base, rb=INDEX))
        self.put(*(asm("stwcx_rec", rs=self.rng.choice(VALUES), ra=base, rb=INDEX) for _ in range(2)))
        self.put(asm("mfcr", rt=15))

    def body(self, count: int, *, counts: bool = True) -> None:
        """Straight code with short branches forward, which change CTR unless a loop needs it."""
        end = self.at + 4 * count
        while self.at < end:
            kind = self.rng.random()
            if kind < 0.45:
                self.plain.append(self.at)
                self.put(self.simple())
            elif kind < 0.75:
                self.put(self.access())
            elif kind < 0.80 and end - self.at >= 32:
                self.compared()
            elif kind < 0.82 and end - self.at >= 16:
                self.reserved()
            elif kind < 0.85 and end - self.at >= 32:
                self.system()
            elif kind < 0.88:
                bo = self.rng.choice((4, 12, 12, 4, 20, 18, 16, 0, 2, 8, 10) if counts else (4, 12))
                room = (end - self.at) // 4
                self.put(asm("bc", bo=bo, bi=self.rng.randrange(32), bd=4 * self.rng.randint(1, min(room, 9))))
            elif kind < 0.93:
                self.put(encode(WORDS[self.rng.choice(OTHER)], self.rng, self.given))
            elif kind < 0.95:
                self.put(asm("bclr", bo=self.rng.choice((4, 12)), bi=self.rng.randrange(32)))
            elif kind < 0.96:
                self.put(asm("sc"))
            else:
                self.put(*constant(INDEX, self.rng.choice((0, 4, 60, 0x1000 - 2))))

    def loop(self, depth: int) -> None:
        if depth == 0:
            self.put(asm("addi", rt=20, ra=0, si=self.rng.choice((1, 2, 5, 9, 12, 300))), asm("mtspr", spr=CTR, rs=20))
            head = self.at
            self.body(self.rng.randint(2, 25), counts=False)
            self.put(asm("bc", bo=16, bi=0, bd=head - self.at))
            return
        counter = 20 + depth
        self.put(asm("addi", rt=counter, ra=0, si=self.rng.randint(1, 4)))
        head = self.at
        self.body(self.rng.randint(0, 6))
        self.loop(depth - 1)
        self.put(asm("addic_rec", rt=counter, ra=counter, si=-1), asm("bc", bo=4, bi=2, bd=head - self.at))

    def function(self) -> None:
        """Bases, then a loop or two, then back; it may call one that calls none."""
        start, leaves = self.at, self.leaves
        calls = bool(leaves) and self.rng.random() < 0.5
        if calls:
            self.put(asm("mfspr", rt=23, spr=LR))
        for base in self.rng.sample(BASES, 4):
            self.put(*constant(base, self.address()))
        self.loop(self.rng.choice((0, 0, 1, 2)))
        if calls:
            self.put(asm("b", li=self.rng.choice(leaves) - self.at) | 1)
            self.put(asm("mtspr", spr=LR, rs=23))
            self.body(4)
        else:
            self.leaves.append(start)
        self.put(asm("bclr", bo=20, bi=0))

    def change(self) -> None:
        """Something that a translation must notice."""
        rng = self.rng
        kind = rng.choice(("patch", "patch", "patch", "entry", "pid", "code", "any"))
        if kind == "patch" and self.plain:
            target = rng.choice(self.plain)
            self.put(*constant(29, ALIAS_EA + target - CODE_EA), *constant(19, self.simple()))
            self.put(asm("stw", rs=19, ra=29, d=0))
            seen = rng.random()
            if seen < 0.6:
                self.put(asm("icbi", ra=0, rb=29), asm("isync"))
            elif seen < 0.8:
                self.put(asm("iccci", ra=0, rb=0), asm("isync"))
        elif kind == "entry":
            physical = DATA + 4096 * rng.randrange(DATA_PAGES)
            self.put(*constant(19, physical), asm("addi", rt=18, ra=0, si=rng.randrange(DATA_PAGES)))
            self.put(asm("tlbwe", rs=19, ra=18, ws=1))
            self.put(
                asm("addi", rt=19, ra=0, si=rng.choice((0x3F, 0x3F, 0x1B, 0x09))), asm("tlbwe", rs=19, ra=18, ws=2)
            )
        elif kind == "code":
            allowed = rng.choice((0x24, 0x24, 0x24, 0x20, 0x04))
            self.put(asm("addi", rt=18, ra=0, si=rng.randrange(31, 30 + CODE_PAGES)))
            self.put(asm("addi", rt=19, ra=0, si=allowed), asm("tlbwe", rs=19, ra=18, ws=2))
        elif kind == "pid":
            self.put(asm("addi", rt=19, ra=0, si=rng.randrange(2)), asm("mtspr", spr=arch.SPR.PID, rs=19))
        else:
            self.put(encode(rng.choice(ANY), rng, self.given))

    def program(self) -> None:
        """Functions from the second page on and behind the main loop, some over the end of a page."""
        functions: list[int] = []
        for page in range(CODE_PAGES):
            self.at = CODE_EA + 4096 * page + (0x400 if page == 0 else self.rng.choice((0, 0x40)))
            while self.at & 4095 < 0xE00:
                functions.append(self.at)
                self.function()
                if self.rng.random() < 0.3:
                    break
            if page + 1 < CODE_PAGES and self.rng.random() < 0.5:
                self.at = CODE_EA + 4096 * (page + 1) - 24
                functions.append(self.at)
                self.body(10)
                self.put(asm("bclr", bo=20, bi=0))
        self.at = CODE_EA
        while self.at < CODE_EA + 0x380:
            called = self.rng.choice(functions)
            if self.rng.random() < 0.3:
                self.put(*constant(19, called), asm("mtspr", spr=CTR, rs=19), asm("bcctr", bo=20, bi=0) | 1)
            else:
                self.put(asm("b", li=called - self.at) | 1)
            if self.rng.random() < 0.4:
                self.change()
        self.put(asm("b", li=CODE_EA - self.at))


def build(seed: int, translate_after: int) -> Compiled:
    """A machine with such a program; the same for the same seed."""
    rng = random.Random(seed)
    micro_inst, micro_data, faithful = rng.choice(
        ((0, 0, False), (0, 0, False), (0, 0, False), (4, 8, False), (3, 4, True))
    )
    machine = Compiled(RAM, entries=64, micro_inst=micro_inst, micro_data=micro_data, faithful=faithful,
                       interrupt_ticks=rng.choice((0, 3)), translate_after=translate_after,
                       latencies=rng.choice(({}, LATENCIES)))  # fmt: skip
    writer = Writer(rng)
    writer.program()
    for ea, word in writer.words.items():
        page = (ea - CODE_EA) >> 12
        if page < CODE_PAGES:
            machine.store(CODE_PLACES[page] + (ea & 4095), word.to_bytes(4, "big"))
    for vector in range(16):
        machine.store(VECTORS + 0x40 * vector, b"".join(word.to_bytes(4, "big") for word in handler(vector)))
    machine.store(DATA, rng.randbytes(4096 * DATA_PAGES))
    for page, place in enumerate(CODE_PLACES):
        machine.set_entry(30 + page, *arch.entry(CODE_EA + 4096 * page, place, 4096, 0x24), 0)
        machine.set_entry(40 + page, *arch.entry(ALIAS_EA + 4096 * page, place, 4096, 0x1B), 0)
    machine.set_entry(63, *arch.entry(VECTOR_EA, VECTORS, 4096, 0x04), 0)
    places = rng.sample(range(DATA_PAGES), DATA_PAGES)
    for page in range(DATA_PAGES):
        size = rng.choice((4096, 4096, 4096, 4096, 4096, 4096, 1024))
        attributes = rng.choice((0x3F, 0x3F, 0x3F, 0x3F, 0x1B, 0x1B, 0x09, 0x09, 0xBF))
        if rng.random() < 0.85:
            tid = rng.choice((0, 0, 0, 1))
            entry = arch.entry(DATA_EA + 4096 * page, DATA + 4096 * places[page], size, attributes)
            machine.set_entry(page, *entry, tid)
    for name, value in (("ivpr", VECTOR_EA), *((f"ivor{n}", 0x40 * n) for n in range(16)), ("sprg7", CODE_EA)):
        machine.write(name, value)
    for number in range(32):
        machine.write(f"r{number}", writer.address() if number in BASES else rng.getrandbits(32))
    machine.write("r2", 4)
    machine.write("msr", rng.choice((0, MSR.EE, MSR.PR, MSR.CE | MSR.EE | MSR.ME | MSR.DE, MSR.EE | MSR.PR)))
    machine.write("tcr", rng.choice((0, TCR.DIE | TCR.FIE | TCR.ARE, TCR.DIE | TCR.FIE)))
    machine.write("decar", rng.randrange(1500, 20_000))
    machine.write("dec", rng.randrange(1, 20_000))
    machine.write("pc", CODE_EA)
    return machine


# An engine gets a 33rd of the references wanted as its budget, and the fast one needs more than a page of it.
def difference(seed: int, pieces: int, translate_after: int = 1) -> tuple[str, int]:
    """The first thing in which a copy that translates and one that does not differ, stopped at the same places."""
    translated, plain = build(seed, translate_after).core, build(seed, 0).core
    rng = random.Random(seed)
    for _ in range(pieces):
        count = rng.choice((1, 50, 4000, 70_000, 70_000, 150_000))
        ours, theirs = translated.advance(count, -1), plain.advance(count, -1)
        place = f"seed {seed} after {plain.instructions()} instructions"
        if ours != theirs:
            return f"{place}: came back with {ours}, not {theirs}", plain.instructions()
        saved, expected = translated.save(), plain.save()
        for name in expected:
            if saved[name] != expected[name]:
                return f"{place}: {name} is {saved[name]!r}, not {expected[name]!r}", plain.instructions()
        if translated.read_stats() != plain.read_stats():
            return f"{place}: statistics differ", plain.instructions()
        if translated.digest() != plain.digest():
            return f"{place}: memory or the TLB differs", plain.instructions()
        if ours[0] != 0:
            break
    return "", plain.instructions()
