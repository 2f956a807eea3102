# SPDX-License-Identifier: BSD-3-Clause
"""KVM's exit timing (docs/model.md 6.8), from a list of everything that happened."""

from __future__ import annotations

ROWS = (
    "MMIO", "DCR", "SIGNAL", "ITLBREAL", "ITLBVIRT", "DTLBREAL", "DTLBVIRT", "SYSCALL", "ISI", "DSI", "EMULINST",
    "EMUL_WAIT", "EMUL_WRTEE", "EMUL_MTSPR", "EMUL_MFSPR", "EMUL_MTMSR", "EMUL_MFMSR", "EMUL_TLBSX", "EMUL_TLBWE",
    "EMUL_RFI", "DEC", "EXTINT", "HALT", "USR_PR_INST", "FP_UNAVAIL", "DEBUG", "TIMEINGUEST",
)  # fmt: skip
OF_EXIT = {
    "itlb_r": "ITLBREAL", "itlb_v": "ITLBVIRT", "dtlb_r": "DTLBREAL", "dtlb_v": "DTLBVIRT", "mmio": "MMIO",
    "sysc": "SYSCALL", "dec": "DEC", "sig": "SIGNAL", "dcr": "DCR", "isi": "ISI", "dsi": "DSI", "ext_intr": "EXTINT",
    "fp_unavailable": "FP_UNAVAIL", "user_program": "USR_PR_INST", "debug": "DEBUG", "emulation_failure": "EMULINST",
}  # fmt: skip
OF_OPERATION = {
    "mtspr": "EMUL_MTSPR", "mfspr": "EMUL_MFSPR", "tlbwe": "EMUL_TLBWE", "rfi": "EMUL_RFI", "mtmsr": "EMUL_MTMSR",
    "mfmsr": "EMUL_MFMSR", "wrtee": "EMUL_WRTEE", "tlbsx": "EMUL_TLBSX",
}  # fmt: skip


class ExitTiming:
    """`tick`: mc of a tick of the timebase."""

    def __init__(self, generation: int, tick: int, per_microsecond: int) -> None:
        self.generation = generation
        self.tick = tick
        self.per_microsecond = per_microsecond
        self.kind = ""
        self.exit = 0
        self.entry = 0
        self.durations: list[tuple[str, int]] = []

    def leave(self, now: int) -> None:
        """The guest is left: now the exit before is complete."""
        before, self.exit = self.exit, now // self.tick
        if self.kind and before:
            self.durations += [(self.kind, self.entry - before), ("TIMEINGUEST", self.exit - self.entry)]

    def enter(self, now: int) -> None:
        self.entry = now // self.tick

    def table(self) -> list[tuple[str | int, ...]]:
        """What the kernel prints."""
        lines: list[tuple[str | int, ...]] = []
        for row in ROWS:
            found = [duration for kind, duration in self.durations if kind == row]
            divisor = self.per_microsecond
            if self.generation == 1:
                found, divisor = [duration // divisor for duration in found], 1
            figures = (min(found, default=0xFFFFFFFF), max(found, default=0), sum(found), sum(d * d for d in found))
            lines.append((row, len(found), *(figure // divisor for figure in figures)))
        return lines
