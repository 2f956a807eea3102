# SPDX-License-Identifier: BSD-3-Clause
"""How long pages stay in a TLB whose slots are refilled in turn.

A page that a refill brings is replaced by the refill that comes to its slot again, whatever hits in between. So one
number of a page says whether it is held, and a refill writes that number alone: the entries, of which only those of the
last turn are left, are written when somebody looks at them again.
"""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport FOREVER

cdef enum:
    MOST_SLOTS = 4096
    PAGES = 1 << 20
    MOST_WAITING = 256

cdef struct Stays:
    int64_t done             # refills so far; where less is known than before, a whole turn is left out
    int64_t start            # how many they were when something was known for the first time
    int64_t begun            # when this pass began
    int turns                # slots in turn: 0 and those above it
    int before               # the slot that was written last before `start`
    const void *context      # whose pages they are; NULL: nothing is known
    int64_t changes          # of the TLB, and the slot that was written last, when the last pass ended
    int slot
    bint spare_0             # nobody asks for page 0
    uint32_t taken[MOST_SLOTS]     # by slot: the page that was refilled last; of those of this pass
    int waiting              # records whose data page was refilled, of which the kind was not looked at yet
    int64_t record[MOST_WAITING]
    int64_t last[3]          # record of the last refill in a row of records: of its code, of its data, of its code again
    int64_t until[PAGES]     # by page: it is held while fewer refills are done; up to `start`: nothing is known of it


cdef inline void begin_stays(Stays *stays, const void *context, int64_t changes, int last, int slot,
                             bint spare_0) noexcept nogil:
    """A pass over the slots 0 to `last`, of which `slot` was written last. What the last pass knew still holds if since
    then nobody has changed the TLB.
    """
    if (stays.context != context or stays.changes != changes or stays.slot != slot or stays.turns != last + 1
            or stays.spare_0 != spare_0):
        stays.done += stays.turns
        stays.start = stays.done
        stays.turns = last + 1
        stays.before = slot if slot < last else last
        stays.spare_0 = spare_0
        stays.until[0] = FOREVER if spare_0 else 0
    stays.begun = stays.done
    stays.waiting = 0
    stays.last[0] = stays.last[1] = stays.last[2] = -1


cdef inline void stay_from(Stays *stays, uint32_t page, int slot) noexcept nogil:
    """A page is held by a slot that was not refilled since `start`, but perhaps in this pass."""
    cdef int later = slot - stays.before - 1
    stays.until[page] = stays.start + (later if later >= 0 else later + stays.turns) + 1


cdef inline void take_turn(Stays *stays, uint32_t page, int slot) noexcept nogil:
    """A refill gives a page the next slot."""
    stays.done += 1
    stays.until[page] = stays.done + stays.turns
    stays.taken[slot] = page


cdef inline bint is_refilled(const Stays *stays, uint32_t page) noexcept nogil:
    """Whether a refill since `start` has brought a page, which may be gone again."""
    return stays.until[page] > stays.start + stays.turns


cdef inline int64_t turned(const Stays *stays) noexcept nogil:
    """Of how many slots `taken` tells, up to that which was written last."""
    cdef int64_t count = stays.done - stays.begun
    return count if count < stays.turns else stays.turns


cdef inline void end_stays(Stays *stays, const void *context, int64_t changes, int slot) noexcept nogil:
    """The entries are as the pass has left them."""
    stays.context = context
    stays.changes = changes
    stays.slot = slot
