# SPDX-License-Identifier: BSD-3-Clause
"""Why a guest under KVM cannot go on."""

cdef enum:                   # why a guest cannot go on
    FAILED_NOT = 0
    FAILED_INSTRUCTION = 1   # KVM of the era does not know the instruction
    FAILED_READ = 2          # ... does not read the register
    FAILED_WRITE = 3
    FAILED_INDEX = 4         # tlbwe beyond the guest's TLB
    FAILED_INDEX_BUG = 5     # tlbwe just beyond it, where KVM wrote past its array
    FAILED_WORD = 6          # tlbwe of a word that an entry has not
    FAILED_MMIO = 7          # an access to a device that KVM does not decode
    FAILED_VECTOR = 8        # an exception for which KVM has no handler
    FAILED_MACHINE_CHECK = 9
    FAILED_SLEEP = 10        # waits, and nothing is there to wake it
    FAILURES = 11
