# SPDX-License-Identifier: BSD-3-Clause
"""What the host counts and tells apart, from exits.def, timings.def, causes.def, notes.def and failures.def."""

cdef extern from "kinds.h" nogil:
    enum:                # exits, as KVM counts them
        X_ITLB_R, X_ITLB_V, X_DTLB_R, X_DTLB_V, X_MMIO, X_SYSC, X_INST_EMU, X_DEC, X_SIG, X_DCR, X_ISI, X_DSI
        X_EXT_INTR, X_HALT_WAKEUP, X_FP_UNAVAILABLE, X_USER_PROGRAM, X_MACHINE_CHECK, X_DEBUG, X_EMULATION_FAILURE
        EXIT_KINDS
    const char *const *EXIT_NAMES
    enum:                # rows of the table of exit durations
        T_MMIO, T_DCR, T_SIGNAL, T_ITLB_REAL, T_ITLB_VIRT, T_DTLB_REAL, T_DTLB_VIRT, T_SYSCALL, T_ISI, T_DSI
        T_EMULATED, T_WAIT, T_WRTEE, T_MTSPR, T_MFSPR, T_MTMSR, T_MFMSR, T_TLBSX, T_TLBWE, T_RFI, T_DEC, T_EXTERNAL
        T_HALT, T_USER_PROGRAM, T_FP_UNAVAILABLE, T_DEBUG, T_GUEST, TIMINGS
    const char *const *TIMING_NAMES
    enum:                # causes of virt misses
        CAUSE_FIRST_TOUCH, CAUSE_OWN_MAP, CAUSE_BY_HOST, CAUSE_PUT_SWEEP, CAUSE_PID_CHANGE, CAUSE_GUEST_TLBWE
        CAUSE_HOST_FLUSH, CAUSE_PAGE_CUT, CAUSE_LOST_SLOT, CAUSE_DUPLICATE, CAUSE_PRIVILEGE, CAUSES
    enum:                # what a debug record tells
        NOTE_EXIT, NOTE_MAP, NOTE_HOST_MISS, NOTE_SCHEDULE
        NOTES
    const char *const *NOTE_NAMES
    enum:                # why a guest cannot go on
        FAILED_NOT, FAILED_INSTRUCTION, FAILED_READ, FAILED_WRITE, FAILED_INDEX, FAILED_INDEX_BUG, FAILED_WORD
        FAILED_MMIO, FAILED_VECTOR, FAILED_MACHINE_CHECK, FAILED_SLEEP, FAILURES
    const char *const *FAILURE_SENTENCES
