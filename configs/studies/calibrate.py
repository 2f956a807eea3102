# SPDX-License-Identifier: BSD-3-Clause
"""The cost model's C paths, fitted again to the path lengths of three real kernels, with what is left over.

Linux 2.6.27, 2.6.28 and 3.14.79, with their KVM unchanged, ran a bare-metal guest under an emulator that counts
instructions: from the exit to the guest's next instruction, the guest's own included.  The same events are played here
on the schemes of those kernels (E0, E3, E6).  Path lengths are linear in the costs, so the fit is least squares of the
relative errors.  Two fits: the default `c_map` and `scan_shadow` from the two old kernels, and what the three events of
3.14 ask of `c_dispatch`, `c_map` and `c_tlbwe`.  Neither has seen the second check: the means of 3.14's exit timing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simobjects import CostModel
from simobjects.cext.core.core import Core
from simobjects.cext.core.supervisor import PythonGuest
from simobjects.cext.core.tlb import TLB
from simobjects.cext.kvm.host import HostKernel
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.traces.stream import TraceStream
from simobjects.isa.arch import OP, SPR, SUPERVISOR, VECTOR, entry
from simobjects.kvm.names import EXIT_NAMES
from simobjects.kvm.placement import hardware_pins, pin_host
from simobjects.kvm.schemes import historical

MTSPR, MFSPR, TLBWE, RFI = OP.MTSPR, OP.MFSPR, OP.TLBWE, OP.RFI
LOAD, FETCH = 0, 2
PID = SPR.PID
MAPPED = 0x0040_0000
UNUSED = 0x5000_0000
KERNELS = {"2.6.27": "e0", "2.6.28": "e3", "3.14.79": "e6"}
EVENTS = ("emulated mfspr", "virt miss in a 16 MiB entry, mean", "three tlbwe for an unused address")
PUBLISHED = {"2.6.27": (1506, 2000, 9522), "2.6.28": (676, 1249, 7198), "3.14.79": (414, 893, 4568)}
GUEST = (2, 2, 10)
"""The guest's own instructions in each of these figures."""
TIMING = {
    "ITLBVIRT": (984, 1076), "DTLBVIRT": (1113, 1113), "DTLBREAL": (1509, 1509), "EMUL_MFSPR": (611, 648),
    "EMUL_MTSPR": (636, 636), "EMUL_TLBWE": (1685, 1685), "EMUL_RFI": (681, 681), "SYSCALL": (577, 577),
    "DEC": (3580, 3580),
}  # fmt: skip
"""Mean instructions from exit to entry in the instrumented 3.14: the lowest and the highest of its runs."""
INSTRUMENT = (220, 270)
"""Instructions that the instrumentation itself adds to each exit."""


class Guest:
    """The bare-metal guest on one scheme of a quiet host: 16 MiB at 0 in guest entry 0, code in its first page."""

    def __init__(self, scheme: str, costs: Mapping[str, int]) -> None:
        self.core, tlb, self.guest_tlb = Core(), TLB(64), TLB(64)
        idle = TraceStream(*(np.array([value], kind) for value, kind in zip((16, 0, 0, 0, 1), COLUMNS, strict=True)))
        peer = CostModel(**costs).make_peer()
        self.core.connect(tlb, peer, [idle])
        pin_host(tlb, hardware_pins(64, 256 << 20, False))
        self.guest_tlb.write_all(0, *entry(0, 0, 16 << 20, SUPERVISOR), 0)
        state = KvmState(self.core, peer, tlb, self.guest_tlb, 62, 4096, 16 << 20, 0x0100_0000)
        self.host = HostKernel()
        quiet: dict[str, Any] = {"signal_every": 0, "interrupt_pages": 0, "interrupt_base": 0xF800_0000}
        shadows: Any = historical()[scheme]().build(state)
        self.host.connect(state, shadows, period=10**18, **quiet, iccci=False, vmm=(idle, 0, 1, 0, 0, 0), tasks=[])
        self.slot = 2
        self.core.attach(self.host, PythonGuest(self.handler, 64))
        self.core.begin()
        self.core.privileged_instruction(RFI, value=0)
        self.core.privileged_instruction(MTSPR, spr=PID, value=0)

    def handler(self, vector: int, ea: int) -> None:
        """A data miss gets an entry; anything else returns at once."""
        if vector == VECTOR.DTLB:
            self.triple(ea, ea & 0x00FF_F000)

    def privileged(self, op: int, **operands: int) -> None:
        self.core.touch(0, FETCH)
        self.core.privileged_instruction(op, **operands)

    def triple(self, ea: int, physical: int) -> None:
        """An entry for a page, word by word, round robin."""
        for word, value in enumerate((ea & 0xFFFF_F000 | 0x210, physical, 0x3F)):
            self.privileged(TLBWE, slot=self.slot, word=word, value=value)
        self.slot = self.slot + 1 if self.slot < 63 else 2

    def instructions(self) -> int:
        return sum(instructions for _, instructions in self.by_kind().values())

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Exits and instructions by exit kind."""
        stats: dict[str, Any] = dict(self.host.read_stats())
        counts, instructions = stats["exits_by_kind"], stats["exit_instructions"]
        return {kind: (counts[i], instructions[i]) for i, kind in enumerate(EXIT_NAMES)}


COLUMNS = (np.uint32, np.uint32, np.uint8, np.uint16, np.uint32)
Play = Callable[[Guest, int], None]


def mfspr(guest: Guest, number: int) -> None:
    guest.privileged(MFSPR)


def virt_miss(guest: Guest, number: int) -> None:
    """The next of 64 pages in turn: more than there are slots, so each one misses."""
    guest.core.touch(0, FETCH)
    guest.core.touch(MAPPED + number % 64 * 4096, LOAD)


def tlbwe_triple(guest: Guest, number: int) -> None:
    guest.triple(UNUSED + number % 256 * 4096, (MAPPED + number * 4096) & 0x00FF_F000)


PLAYS: tuple[tuple[Play, int, int], ...] = ((mfspr, 10, 200), (virt_miss, 640, 3200), (tlbwe_triple, 200, 1200))
"""Event, repetitions until it is steady, repetitions at the end."""


def path_lengths(scheme: str, costs: Mapping[str, int]) -> np.ndarray[Any, Any]:
    """Instructions of each of EVENTS in the steady state, the guest's own included."""
    lengths = []
    for (play, warm, end), own in zip(PLAYS, GUEST, strict=True):
        guest = Guest(scheme, costs)
        for number in range(warm):
            play(guest, number)
        before = guest.instructions()
        for number in range(warm, end):
            play(guest, number)
        lengths.append((guest.instructions() - before) / (end - warm) + own)
    return np.array(lengths)


@dataclass(frozen=True)
class Fit:
    """Costs that make the path lengths of some kernels nearest to the published ones."""

    kernels: Sequence[str]
    names: Sequence[str]
    values: dict[str, float]

    def rounded(self) -> dict[str, int]:
        return {name: round(value) for name, value in self.values.items()}


def fit(kernels: Sequence[str], names: Sequence[str]) -> Fit:
    """Least squares of relative errors over `names`; all other costs as in the model."""
    rows, wanted = [], []
    for kernel in kernels:
        zero = path_lengths(KERNELS[kernel], dict.fromkeys(names, 0))
        slopes = [
            (path_lengths(KERNELS[kernel], {**dict.fromkeys(names, 0), name: 100}) - zero) / 100 for name in names
        ]
        published = np.array(PUBLISHED[kernel])
        rows.append(np.stack(slopes, axis=1) / published[:, None])
        wanted.append((published - zero) / published)
    solution = np.linalg.lstsq(np.concatenate(rows), np.concatenate(wanted), rcond=None)[0]
    return Fit(kernels, names, dict(zip(names, solution.tolist(), strict=True)))


def residuals(costs: Mapping[str, int]) -> list[tuple[str, str, int, float, float]]:
    """Kernel, event, published, model, relative error, for every published path length."""
    made = []
    for kernel, scheme in KERNELS.items():
        for event, published, model in zip(EVENTS, PUBLISHED[kernel], path_lengths(scheme, costs), strict=True):
            made.append((kernel, event, published, float(model), float(model) / published - 1))
    return made


def timing_means(costs: Mapping[str, int]) -> dict[str, float]:
    """Instructions from exit to entry by type, as the second check wants them (scheme E6)."""

    def mean(kind: str, play: Callable[[Guest], None]) -> float:
        guest = Guest("e6", costs)
        play(guest)
        before = guest.by_kind()[kind]
        for _ in range(3):
            play(guest)
        after = guest.by_kind()[kind]
        return (after[1] - before[1]) / (after[0] - before[0])

    def pages(reference: int, base: int, count: int) -> Callable[[Guest], None]:
        def play(guest: Guest) -> None:
            for page in range(count):
                guest.core.touch(base + page * 4096, reference)

        return play

    def triples(guest: Guest) -> None:
        for number in range(80):
            tlbwe_triple(guest, number)

    model = CostModel(**costs)
    entered = model.exit_stub + model.exit_common + model.c_dispatch + model.resume_guest + model.e4_entry
    return {
        "ITLBVIRT": mean("itlb_v", pages(FETCH, MAPPED, 64)),
        "DTLBVIRT": mean("dtlb_v", pages(LOAD, MAPPED, 64)),
        "DTLBREAL": mean("dtlb_r", pages(LOAD, UNUSED, 80)),
        "EMUL_MFSPR": mean("inst_emu", lambda guest: guest.privileged(MFSPR)),
        "EMUL_MTSPR": mean("inst_emu", lambda guest: guest.privileged(MTSPR)),
        "EMUL_TLBWE": mean("inst_emu", triples),
        "EMUL_RFI": mean("inst_emu", lambda guest: guest.privileged(RFI, value=0)),
        "SYSCALL": mean("sysc", lambda guest: guest.core.system_call()),
        "DEC": float(model.c_tick + entered),
    }


def report() -> str:
    """Both fits and both checks as text."""
    defaults = CostModel()
    old, new = (
        fit(("2.6.27", "2.6.28"), ("c_map", "scan_shadow")),
        fit(("3.14.79",), ("c_dispatch", "c_map", "c_tlbwe")),
    )
    lines = []
    for found, what in ((old, "the two old kernels"), (new, "3.14.79 alone")):
        values = ", ".join(
            f"{name} {value:.1f} (model {getattr(defaults, name)})" for name, value in found.values.items()
        )
        lines.append(f"fit to {what}: {values}")
    lines += [
        "",
        "path lengths, instructions",
        f"{'kernel':<9} {'event':<36} {'real':>6} {'model':>7} {'error':>8}  3.14 fit",
    ]
    fitted = {row[:2]: row for row in residuals(new.rounded())}
    for kernel, event, published, model, error in residuals({}):
        other = f"{100 * fitted[kernel, event][4]:+8.1f} %" if kernel == "3.14.79" else ""
        lines.append(f"{kernel:<9} {event:<36} {published:>6} {model:>7.0f} {100 * error:>+6.1f} % {other}")
    lines += ["", "second check: exit timing of 3.14.79, without the 220 to 270 instructions of its instrumentation"]
    lines.append(f"{'type':<11} {'real':>11} {'model':>7} {'3.14 fit':>9}")
    with_fit = timing_means(new.rounded())
    for name, value in timing_means({}).items():
        low, high = TIMING[name][0] - INSTRUMENT[1], TIMING[name][1] - INSTRUMENT[0]
        lines.append(f"{name:<11} {f'{low}-{high}':>11} {value:>7.0f} {with_fit[name]:>9.0f}")
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    print(report())
