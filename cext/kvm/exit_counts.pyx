# SPDX-License-Identifier: BSD-3-Clause
"""Exits by kind: how many, their instructions, their time; each is a row of the exit timing and a debug record too."""

from simobjects.cext.kvm.kinds cimport (
    T_DCR, T_DEBUG, T_DEC, T_DSI, T_DTLB_REAL, T_DTLB_VIRT, T_EMULATED, T_EXTERNAL, T_FP_UNAVAILABLE, T_ISI,
    T_ITLB_REAL, T_ITLB_VIRT, T_MMIO, T_SIGNAL, T_SYSCALL, T_USER_PROGRAM,
)

ROWS = (
    T_ITLB_REAL, T_ITLB_VIRT, T_DTLB_REAL, T_DTLB_VIRT, T_MMIO, T_SYSCALL, -1, T_DEC, T_SIGNAL, T_DCR, T_ISI, T_DSI,
    T_EXTERNAL, -1, T_FP_UNAVAILABLE, T_USER_PROGRAM, -1, T_DEBUG, T_EMULATED,
)


cdef class ExitCounts:
    def __init__(self, KvmState kvm not None, ExitTiming timing not None):
        self.kvm = kvm
        self.timing = timing
        for kind in range(EXIT_KINDS):
            self.rows[kind] = ROWS[kind]

    cdef int _counts(self, State state) except -1:
        state.counters("exits", self.exits, EXIT_KINDS, stat="exits_by_kind")
        state.counters("exit_instructions", self.instructions, EXIT_KINDS)
        return state.counters("exit_cycles", self.cycles, EXIT_KINDS)
