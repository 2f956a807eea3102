# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of exits, from exits.def."""

cdef extern from "exit_kinds.h" nogil:
    enum:
        X_ITLB_R, X_ITLB_V, X_DTLB_R, X_DTLB_V, X_MMIO, X_SYSC, X_INST_EMU, X_DEC, X_SIG, X_DCR, X_ISI, X_DSI
        X_EXT_INTR, X_HALT_WAKEUP, X_FP_UNAVAILABLE, X_USER_PROGRAM, X_MACHINE_CHECK, X_DEBUG, X_EMULATION_FAILURE
        EXIT_KINDS
    const char *const *EXIT_NAMES
