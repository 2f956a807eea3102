# SPDX-License-Identifier: BSD-3-Clause
"""The executing core: the C engine behind the base class of the cores."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.board.bus cimport Bus
from simobjects.cext.board.memory cimport Memory
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport Exit, Supervisor
from simobjects.cext.engine.breakpoints cimport Breakpoints
from simobjects.cext.engine.cpu440 cimport CPU440
from simobjects.cext.engine.recorder cimport Recorder
from simobjects.cext.engine.inspector cimport Inspector
from simobjects.cext.engine.watch cimport Watch

@cython.final
cdef class ExecutingCore(Processor):
    cdef CPU440 *cpu
    cdef Memory memory
    cdef Bus bus
    cdef int64_t watchdog
    cdef int64_t roi_begin, roi_end
    cdef int64_t loop_target      # of the present call, in references
    cdef bint native
    cdef int end_reason           # END_ number
    cdef int64_t patience         # how much waiting may pass before somebody outside is looked after, 1/1000 cycle
    cdef int64_t row_mark         # instructions completed at the last exit, and exits since without another
    cdef int64_t shown_lookups, shown_misses     # of the core, that are in the counters of the TLB
    cdef int64_t row
    cdef int failure              # of a supervisor: a FAILED_ number
    cdef Exit sleeper             # the exit in which the guest waits, while the supervisor says that it sleeps
    cdef bint in_access           # user space does an access for the guest
    cdef bint host_timer          # the last exit was the host's timer interrupt
    cdef Inspector inspector
    cdef Breakpoints breakpoints
    cdef Watch watch
    cdef readonly str untranslated     # why nothing is translated to host code; "": it is
    cdef Recorder recorder        # while the execution is recorded

    cdef int64_t _done(self) noexcept nogil
    cdef void _loop(self, int64_t target, int64_t last, bint stepping) noexcept nogil
    cdef void _sleep(self) noexcept nogil
    cdef void _show_lookups(self) noexcept nogil
    cdef int64_t _budget(self, int64_t target, int64_t horizon) noexcept nogil
    cdef int64_t _horizon(self) noexcept nogil
    cdef int64_t _next_event(self) noexcept nogil
    cdef bint _never_interrupted(self) noexcept nogil
    cdef void _look_around(self) noexcept nogil
    cdef bint _interrupt(self) noexcept nogil
    cdef void _wait(self, int64_t horizon) noexcept nogil
    cdef void _after(self, int why) noexcept nogil
    cdef void _lines(self) noexcept nogil
    cdef void _requests(self) noexcept nogil
    cdef void _hand_over(self) noexcept nogil
    cdef void _take(self, Exit *exit) noexcept nogil
    cdef void _user_space(self, Exit *exit) noexcept nogil
    cdef bint _host_timer(self) noexcept nogil
    cdef bint _counted(self, bint host_timer) noexcept nogil
    cdef void _taken(self, Exit *exit, int64_t before) noexcept nogil
    cdef void _up_to_date(self)
