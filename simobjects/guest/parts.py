# SPDX-License-Identifier: BSD-3-Clause
"""What the handlers of the known kernels have in common: the shape of a TLB refill, the flush of everything, the wait.

The TLB refill of arch/powerpc/kernel/head_44x.S is the same in all of them but for a few plain instructions.
"""

from __future__ import annotations

from dataclasses import dataclass

from simobjects.guest.eras import Scripts
from simobjects.guest.steps import (
    BACK,
    DEAR,
    ESR,
    MMUCR,
    MSR_WE,
    SPRG0,
    SPRG1,
    SPRG3,
    SRR0,
    Datum,
    Event,
    Script,
    isync,
    load,
    mfmsr,
    mfspr,
    mtmsr,
    mtspr,
    rfi,
    run,
    run_wrap,
    store,
    sweep,
    tlbwe,
)

# SPRG0, SPRG1, SPRG4 and SPRG5 take the scratch registers, SPRG7 the condition register.
_SAVE: Script = (mtspr(SPRG0), mtspr(SPRG1), mtspr(), mtspr(), run(1), mtspr())
"""The begin of each refill: it makes room for its work."""
# SPRG7, SPRG5 and SPRG4 are user-readable and do not trap; SPRG1 and SPRG0 do.
_RESTORE: Script = (run(4), mfspr(SPRG1), mfspr(SPRG0), rfi(BACK))
"""The end of each refill, back to what missed."""

# _tlbil_pid: the high-water mark, then every replaceable slot: 10 + 4 H instructions.
FLUSH_ALL: Script = (run(3), load(Datum.INDEX), sweep(3), isync(), run(1))
# The idle loop's own: MSR read, WE set, MSR put back.
WAIT: Script = (mfmsr(), run(2), mtmsr(MSR_WE), isync(), mtmsr(), isync(), run(1))

NULL_CALL = 46
"""Instructions of getppid and what it calls, as compiled in Linux 6.1; for older kernels an estimate."""


@dataclass(frozen=True)
class RefillGaps:
    """Plain instructions of the refills at the places where kernels differ."""

    owner: int
    """Between mfspr PID and mtspr MMUCR."""
    nobody: int
    """Between mfspr MMUCR and mtspr MMUCR, for a kernel address."""
    entry: int
    """After the page table entry is loaded."""
    slot: int
    """Between load and store of the index; one more when it wraps."""
    word1: int
    """After the tlbwe of word 1."""
    user: int
    """After the tlbwe of word 0, for a user page."""
    kernel: int
    """The same for the kernel's."""


def refills(gaps: RefillGaps) -> Scripts:
    """The handlers of data and instruction misses of user and kernel addresses.

    All read two words of the page table entry, take the slot of the round robin and write the three words of the TLB
    entry (words 1, 0 and 2, in this order).

    Args:
        gaps: how many plain instructions stand between the privileged ones.

    Returns:
        Scripts of the four refill events.
    """
    # Thread struct, MMUCR and PID: the search ID for the entry is the process's.
    owner: Script = (mfspr(SPRG3), load(Datum.THREAD), mfspr(), mfspr(), run(gaps.owner), mtspr(MMUCR))
    nobody: Script = (run(2), mfspr(), run(gaps.nobody), mtspr(MMUCR))
    return {
        Event.DATA_USER: _refill(gaps, DEAR, owner, gaps.user),
        Event.INST_USER: _refill(gaps, SRR0, owner, gaps.user),
        Event.DATA_KERNEL: _refill(gaps, DEAR, nobody, gaps.kernel),
        Event.INST_KERNEL: _refill(gaps, SRR0, nobody, gaps.kernel),
    }


def _refill(gaps: RefillGaps, where: int, search_id: Script, word0: int) -> Script:
    """`where` is the register with the address that missed; it is read again for the entry's page."""
    access: Script = (mfspr(ESR), run(3)) if where == DEAR else (run(2),)
    return (
        *_SAVE, mfspr(where), run(3), *search_id, *access,
        load(Datum.PGD), run(3), load(Datum.PTE), load(Datum.PTE, 4), run(gaps.entry),
        load(Datum.INDEX), run_wrap(gaps.slot), store(Datum.INDEX), mfspr(where), run(2),
        tlbwe(1), run(gaps.word1), tlbwe(0), run(word0), tlbwe(2), *_RESTORE,
    )  # fmt: skip
