# SPDX-License-Identifier: BSD-3-Clause
"""Looking into the compiled core: registers, memory, steps, breakpoints, watchpoints, saved states, digests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simobjects.isa.arch import SUPERVISOR, entry
from tests.helpers.assembler import asm
from tests.helpers.bare_board import BareBoard

PROGRAMS = Path(__file__).parents[2] / "data" / "baremetal"
BREAKPOINT, PAUSED = 7, 0
CODE = 0x10000
KEPT = {
    "pc": 0xFFFFFFFC,
    "msr": 0x6FF30,
    "xer": 0xE000007F,
    "pid": 0xFF,
    "mmucr": 0x016D00FF,
    "ivpr": 0xFFFF0000,
    "tcr": 0xFFC00000,
}
WATCHES = [("write", 0, 8), ("read", 4, 12), ("access", 4, 12), ("access", 0, 8)]
LOOP = [
    asm("addi", rt=3, ra=3, si=1),
    asm("stw", rs=3, ra=4, d=0),
    asm("lwz", rt=5, ra=4, d=4),
    asm("add", rt=6, ra=6, rb=3),
    asm("b", li=-16),
]


def looping(**options: Any) -> BareBoard:
    board = BareBoard(1 << 20, **options)
    board.load_words(CODE, *LOOP)
    board.core.write_register("pc", CODE)
    board.core.write_register("r4", 0x3000)
    return board


def test_every_register_reads_back() -> None:
    core = looping().core
    read_only = {"pir", "pvr", "rstcfg"}
    for number, name in enumerate(core.register_names()):
        value = 0x01234500 + number
        if name in read_only:
            with pytest.raises(ValueError, match="read-only"):
                core.write_register(name, value)
            continue
        core.write_register(name, value)
        kept = 0xFFF0 if name.startswith("ivor") else KEPT.get(name, 0xFFFFFFFF)
        assert core.read_register(name) == value & kept, name


def test_wrong_names_and_values_are_refused() -> None:
    core = looping().core
    for name in ("r32", "r01", "foo", ""):
        with pytest.raises(KeyError, match="no register"):
            core.read_register(name)
    with pytest.raises(ValueError, match="32 bits"):
        core.write_register("r3", 1 << 32)


def test_memory_is_reached_through_translation_without_a_trace() -> None:
    board = looping()
    board.tlb.write_all(5, 0x40000210, 0x20000, 0x01)
    board.tlb.write_all(6, 0x40001210, 0x40000, 0x00)
    board.core.write_memory(0x40000FFE, b"abcd")
    assert board.core.read_physical(0x20FFE, 2) + board.core.read_physical(0x40000, 2) == b"abcd"
    assert board.core.read_memory(0x40000FFE, 4) == b"abcd"
    assert board.core.physical(0x40001004) == 0x40004
    with pytest.raises(ValueError, match="no TLB entry maps 0x40002000"):
        board.core.write_memory(0x40001FFE, b"abcd")
    assert board.core.read_physical(0x40FFE, 2) == b"\0\0"  # nothing of it was written
    with pytest.raises(ValueError, match="where no memory is"):
        board.core.read_memory(0x00200000, 1)
    board.core.read_stats()
    assert board.tlb.read_stats()["lookups"] == 0


def test_a_step_is_one_instruction() -> None:
    core = looping().core
    for count in range(1, 12):
        assert core.step()[0] == PAUSED
        assert core.instructions() == count
        assert core.read_register("pc") == CODE + 4 * (count % 5)


def test_a_breakpoint_stops_before_its_instruction_and_lets_go_on() -> None:
    core = looping().core
    core.set_breakpoint(CODE + 8)
    for round_ in (1, 2, 3):
        reason, payload = core.advance(-1, -1)
        assert (reason, payload["address"], payload["watch"]) == (BREAKPOINT, CODE + 8, False)
        assert core.read_register("pc") == CODE + 8
        assert core.read_register("r3") == round_
    core.clear_breakpoint(CODE + 8)
    assert core.advance(100, -1)[0] == PAUSED
    with pytest.raises(ValueError, match="no break point"):
        core.clear_breakpoint(CODE + 8)


def test_a_breakpoint_on_the_first_instruction_of_another_page() -> None:
    board = looping()
    board.load_words(CODE, asm("b", li=0x1000))
    board.load_words(CODE + 0x1000, *LOOP)
    board.core.set_breakpoint(CODE + 0x1000)
    assert board.core.advance(-1, -1)[0] == BREAKPOINT
    assert board.core.instructions() == 1


@pytest.mark.parametrize(("kind", "offset", "stops_at"), WATCHES)
def test_a_watchpoint_stops_after_the_access(kind: str, offset: int, stops_at: int) -> None:
    core = looping().core
    core.advance(50, -1)  # host translations of the page are there already
    core.set_watchpoint(0x3000 + offset, 4, kind)
    reason, payload = core.advance(-1, -1)
    assert (reason, payload["address"], payload["watch"]) == (BREAKPOINT, 0x3000 + offset, True)
    assert core.read_register("pc") == CODE + stops_at


@pytest.mark.parametrize(("kind", "offset", "at"), [(kind, offset, at - 4) for kind, offset, at in WATCHES])
def test_a_watchpoint_before_the_access_changes_nothing_and_lets_go_on(kind: str, offset: int, at: int) -> None:
    core, plain = looping().core, looping().core
    core.advance(50, -1)
    core.set_watchpoint(0x3000 + offset, 4, kind, before=True)
    for _ in range(3):
        reason, payload = core.advance(-1, -1)
        assert (reason, payload["address"], core.read_register("pc")) == (BREAKPOINT, 0x3000 + offset, CODE + at)
        plain.step(core.instructions() - plain.instructions())
        assert (core.digest(), core.read_stats()) == (plain.digest(), plain.read_stats())


CROSSING = 0x3FFE
ACCESSES = {
    "stw": (asm("stw", rs=3, ra=7, d=0), "write", 4), "lwz": (asm("lwz", rt=3, ra=7, d=0), "read", 4),
    "stwu": (asm("stwu", rs=3, ra=7, d=0), "write", 4), "lhzu": (asm("lhzu", rt=3, ra=7, d=0), "read", 2),
    "sth": (asm("sth", rs=3, ra=7, d=0), "write", 2), "lbz": (asm("lbz", rt=3, ra=7, d=0), "read", 1),
    "stmw": (asm("stmw", rs=28, ra=7, d=0), "write", 16), "lmw": (asm("lmw", rt=28, ra=7, d=0), "read", 16),
    "stswi": (asm("stswi", rs=28, ra=7, nb=7), "write", 7), "lswi": (asm("lswi", rt=28, ra=7, nb=7), "read", 7),
    "stwcx.": (asm("stwcx_rec", rs=3, ra=0, rb=7), "write", 4), "lwarx": (asm("lwarx", rt=3, ra=0, rb=7), "read", 4),
    "stwbrx": (asm("stwbrx", rs=3, ra=0, rb=7), "write", 4), "dcbz": (asm("dcbz", ra=0, rb=7), "write", 30),
}  # fmt: skip
"""Word, kind of access, bytes from CROSSING on."""


@pytest.mark.parametrize("micro", [0, 1, 8])
@pytest.mark.parametrize("name", ACCESSES)
def test_an_instruction_before_which_it_stops_has_done_nothing(name: str, micro: int) -> None:
    """Each of the bytes, and the ones beside them; counts and state are those of a run without watchpoints.

    A micro-TLB of one entry loses the first page of the access to the second, and has it again when the run stops.
    """
    word, kind, size = ACCESSES[name]
    first = CROSSING & ~31 if name == "dcbz" else CROSSING
    last = first + (32 if name == "dcbz" else size)

    def board() -> BareBoard:
        made = BareBoard(1 << 20, micro_data=micro)
        for page in range(63):
            made.tlb.write_all(page, *entry(page << 12, page << 12, 4 << 10, SUPERVISOR))
        made.load_words(CODE, asm("lwarx", rt=4, ra=0, rb=8), word, asm("ori"), asm("ori"))
        made.core.write_register("pc", CODE)
        made.core.write_register("r7", CROSSING)
        made.core.write_register("r8", 0x5000)
        made.core.step(1)
        return made

    for at in (first - 1, first, (first + last) // 2, last - 1, last):
        hit = first <= at < last
        for other in (False, True):
            watched, plain = board(), board()
            before = watched.core.digest()
            watched.core.set_watchpoint(at, 1, ("read" if kind == "write" else "write") if other else kind, before=True)
            reason, _ = watched.core.step(1)
            assert (reason == BREAKPOINT) == (hit and not other)
            if reason == BREAKPOINT:
                assert watched.core.digest() == before
                assert watched.core.step(1)[0] == PAUSED
            plain.core.step(1)
            assert watched.core.digest() == plain.core.digest()
            assert watched.core.read_stats() == plain.core.read_stats()


@pytest.mark.parametrize("slice_", [1, 2, 3, 7])
def test_a_breakpoint_is_met_wherever_a_run_is_cut(slice_: int) -> None:
    core = looping().core
    core.set_breakpoint(CODE + 8)
    for _ in range(10):
        reason, _ = core.advance(slice_, -1)
        if reason == BREAKPOINT:
            break
    assert (reason, core.instructions()) == (BREAKPOINT, 2)


def test_a_traced_run_meets_breakpoints_and_watchpoints() -> None:
    core = looping().core
    core.set_breakpoint(CODE + 8)
    core.set_watchpoint(0x3000, 4, "write", before=True)
    stops: list[tuple[int, bool]] = []
    while len(stops) < 4:
        reason, payload, _, _ = core.traced_step()
        if reason == BREAKPOINT:
            stops.append((payload["pc"] - CODE, payload["watch"]))
    assert stops == [(4, True), (8, False)] * 2


@pytest.mark.parametrize(("kind", "offset"), [("read", 0), ("write", 4), ("access", 8)])
def test_a_watchpoint_is_quiet_about_other_accesses(kind: str, offset: int) -> None:
    core = looping().core
    core.set_watchpoint(0x3000 + offset, 4, kind)
    assert core.advance(1000, -1)[0] == PAUSED


def test_the_same_program_with_and_without_breakpoints_has_the_same_counts() -> None:
    """A page with a breakpoint is stepped, the others run fast."""
    plain, watched = BareBoard(), BareBoard()
    for made in (plain, watched):
        made.load_elf(PROGRAMS / "t02_pid.elf")
    watched.core.set_breakpoint(0x11004)
    watched.core.set_watchpoint(0x2000, 4, "access")
    assert watched.core.advance(-1, -1)[0] == BREAKPOINT
    for made in (plain, watched):
        made.core.advance(-1, -1)
    assert plain.output() == watched.output()
    assert plain.core.read_stats() == watched.core.read_stats()
    assert plain.core.digest() == watched.core.digest()


def test_digests_differ_when_anything_does() -> None:
    digests = set()
    for change in ("nothing", "r3", "cr", "tlb", "memory", "tsr"):
        board = looping()
        if change in ("r3", "cr", "tsr"):
            board.core.write_register(change, 0x10000000)
        elif change == "tlb":
            board.tlb.write(7, 1, 0x1000)
        elif change == "memory":
            board.memory.write(0x8000, b"x")
        digests.add(board.core.digest())
    assert len(digests) == 6
    assert looping().core.digest() == looping().core.digest()


def copy(board: BareBoard, **options: Any) -> BareBoard:
    """Another board with the state of this one, device state included."""
    made = BareBoard(len(board.memory.read(0, 1 << 20)), **options)
    made.memory.write(0, board.memory.read(0, 1 << 20))
    for slot in range(64):
        made.tlb.write_all(slot, *board.tlb.read(slot))
    made.uart.restore(board.uart.save())
    made.uic.restore(board.uic.save())
    made.core.restore(board.core.save())
    return made


@settings(max_examples=12, deadline=None)
@given(
    name=st.sampled_from(["t01_sizes", "t03_as", "t05_miss", "t07_prog", "t09_irq"]),
    cut=st.integers(1, 40_000),
    micro=st.booleans(),
)
def test_save_restore_run_is_run(name: str, cut: int, micro: bool) -> None:
    options: dict[str, Any] = {"strict": True}
    if micro:
        options = {"micro_inst": 2, "micro_data": 3, "faithful": bool(cut & 1)}
    board = BareBoard(1 << 20, **options)
    board.load_elf(PROGRAMS / f"{name}.elf")
    board.core.advance(cut, -1)
    other = copy(board, **options)
    assert other.core.digest() == board.core.digest()
    for made in (board, other):
        made.core.advance(-1, -1)
    assert other.output() == board.output()
    assert other.core.digest() == board.core.digest()
    assert other.core.read_stats() == board.core.read_stats()


def test_a_damaged_state_is_refused() -> None:
    core = looping().core
    state = core.save()
    for bad in ({**state, "more": 1}, {k: v for k, v in state.items() if k != "gpr"}):
        with pytest.raises(ValueError, match="not the state of this core"):
            core.restore(bad)
    with pytest.raises(ValueError, match="gpr"):
        core.restore({**state, "gpr": b"short"})
    with pytest.raises(ValueError, match="expected integers"):
        core.restore({**state, "lr": "x"})  # type: ignore[dict-item]
    for name in ("run.time", "ticks_seen", "dec_zero"):
        with pytest.raises(ValueError, match="time"):
            core.restore({**state, name: -1})
    narrow: dict[str, Any] = {"so": 2, "ov": 2, "ca": 5, "string_bytes": 128, "reservation": 3, "pid": 256}
    narrow["cr"] = bytes(31) + b"\x10"
    for name, value in narrow.items():
        with pytest.raises(ValueError, match=f"^{name}: [0-9]+, expected 0 to"):
            core.restore({**state, name: value})
    micro = state["micro_tlbs"]
    assert isinstance(micro, bytes)
    damaged: dict[str, Any] = {"lr": 1 << 32, "deadline": 1 << 70, "row": b"x", "micro_tlbs": b"\xff" * len(micro)}
    for name, value in damaged.items():
        with pytest.raises(ValueError, match="not the state of this core"):
            core.restore({**state, name: value})
    core.restore(state)
    assert core.save() == state
