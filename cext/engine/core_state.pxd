# SPDX-License-Identifier: BSD-3-Clause
"""The state of a core as values by name."""

from simobjects.cext.arch.state cimport State
from simobjects.cext.board.memory cimport Memory
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.engine.cpu440 cimport CPU440, Tally

cdef enum:
    PEND_MACHINE = 32            # of the core's pending interrupts: the one that no line holds up

cdef dict save_fields(CPU440 *c)
cdef dict save_caches(CPU440 *c)
cdef dict save_requests(CPU440 *c)
cdef restore_all(CPU440 *c, state)
cdef int tally_counts(State state, Tally *tally) except -1
cdef bytes save_tally(CPU440 *c)
cdef restore_tally(CPU440 *c, value)
cdef set_field(CPU440 *c, bytes name, value)
cdef list state_layout()
cdef bytes state_memory(CPU440 *c)
cdef str machine_digest(CPU440 *c, TLB tlb, Memory memory)
