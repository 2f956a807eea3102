# SPDX-License-Identifier: BSD-3-Clause
"""Exits by kind: how many, their instructions, their time; each is a row of the exit timing and a debug record too."""

from simobjects.cext.kvm.exit_timing cimport (
    T_DCR, T_DEBUG, T_DEC, T_DSI, T_DTLB_REAL, T_DTLB_VIRT, T_EMULATED, T_EXTERNAL, T_FP_UNAVAILABLE, T_ISI,
    T_ITLB_REAL, T_ITLB_VIRT, T_MMIO, T_SIGNAL, T_SYSCALL, T_USER_PROGRAM,
)

EXIT_NAMES = (
    "itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio", "sysc", "inst_emu", "dec", "sig", "dcr", "isi", "dsi", "ext_intr",
    "halt_wakeup", "fp_unavailable", "user_program", "machine_check", "debug", "emulation_failure",
)

ROWS = (
    T_ITLB_REAL, T_ITLB_VIRT, T_DTLB_REAL, T_DTLB_VIRT, T_MMIO, T_SYSCALL, -1, T_DEC, T_SIGNAL, T_DCR, T_ISI, T_DSI,
    T_EXTERNAL, -1, T_FP_UNAVAILABLE, T_USER_PROGRAM, -1, T_DEBUG, T_EMULATED,
)


cdef class ExitCounts:
    def __init__(self, KvmState kvm not None, ExitTiming timing not None):
        self.kvm = kvm
        self.timing = timing
        self.rows = ROWS

    cdef int _state(self, State state) except -1:
        state.bytes_("exits", self.exits, sizeof(self.exits))
        state.bytes_("exit_instructions", self.instructions, sizeof(self.instructions))
        return state.bytes_("exit_cycles", self.cycles, sizeof(self.cycles))

    def read_stats(self):
        """Raw counters by statistic name; cycles in 1/1000."""
        cdef int i
        return {
            "exits_by_kind": [self.exits[i] for i in range(EXIT_KINDS)],
            "exit_instructions": [self.instructions[i] for i in range(EXIT_KINDS)],
            "exit_cycles": [self.cycles[i] for i in range(EXIT_KINDS)],
        }
