# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""Who watches a run: a profile by place, and for a trace of instructions the exceptions on the way."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.engine.profile cimport Profile


cdef void _entered(void *watch, int vector, uint32_t pc) noexcept nogil:
    (<Watch>watch).note(vector, pc, False)


cdef class Watch:
    cdef begin_profile(self, int64_t period, int64_t instructions, int64_t now):
        self.profile = Profile(period)
        self.profile.begin(instructions, now)
        self._listen()

    cdef begin_log(self):
        """Log exceptions, from none."""
        self.logging = True
        self.logged = 0
        self._listen()

    cdef list end_log(self):
        """Those since: [(vector, pc, whether it was handed to a supervisor)]."""
        cdef int i
        self.logging = False
        self._listen()
        return [(self.log[i].vector, self.log[i].pc, bool(self.log[i].exit)) for i in range(self.logged)]

    cdef void _listen(self):
        """Have the engine tell of vectors that it enters, or not."""
        self.cpu.entered = NULL
        if self.profile is not None or self.logging:
            self.cpu.entered = _entered
        self.cpu.entered_owner = <void *>self

    cdef void note(self, int vector, uint32_t pc, bint exit) noexcept nogil:
        """A vector entered, or an exit."""
        if self.profile is not None:
            self.profile.exception(pc, vector)
        if self.logging and self.logged < LOGGED_MOST:
            self.log[self.logged].vector = vector
            self.log[self.logged].pc = pc
            self.log[self.logged].exit = exit
            self.logged += 1

    cdef void sample(self, int64_t now) noexcept nogil:
        """After the engine came back: a sample, when one is due."""
        cdef int64_t done = self.cpu.insns[0] + self.cpu.insns[1]
        if done >= self.profile.due:
            self.profile.sample(self.cpu.pc, done, now)
