# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""Breakpoints and watchpoints: the tables that the engine looks at, and how a run goes on from where it has stopped."""

from libc.stdint cimport uint32_t

from simobjects.cext.engine.cpu440 cimport CPU440, mmu_drop_all, WATCH_BEFORE, WATCH_READ, WATCH_WRITE

WATCH_KINDS = {"write": WATCH_WRITE, "read": WATCH_READ, "access": WATCH_READ | WATCH_WRITE}

cdef enum:            # what stopped the run before an instruction
    BREAK_POINT = 1
    WATCH_POINT = 2


cdef class Breakpoints:
    def __cinit__(self):
        self.points = {}

    cdef _changed(self):
        cdef CPU440 *c = self.cpu
        cdef int i = 0
        cdef int j = 0
        for key in self.points:
            if key[0] == "break":
                c.breaks[i] = key[1]
                i += 1
            else:
                c.watch_ea[j] = key[1]
                c.watch_size[j] = key[2]
                c.watch_kind[j] = WATCH_KINDS[key[0]] | (WATCH_BEFORE if key[3] else 0)
                j += 1
        c.break_count = i
        c.watch_count = j
        mmu_drop_all(c)

    cdef add(self, tuple key):
        cdef bint breaks = key[0] == "break"
        if not breaks and (key[0] not in WATCH_KINDS or not 1 <= key[2] <= 4096):
            raise ValueError(f"watchpoint of kind {key[0]!r}, {key[2]} bytes: kinds are write, read, access; 1 to 4096 bytes")
        if key not in self.points and len([each for each in self.points if (each[0] == "break") == breaks]) >= 64:
            raise ValueError("at most 64 breakpoints and 64 watchpoints")
        self.points[key] = self.points.get(key, 0) + 1
        self._changed()

    cdef remove(self, tuple key):
        if key not in self.points:
            raise ValueError(f"no {key[0]} point at 0x{key[1]:08x}")
        self.points[key] -= 1
        if not self.points[key]:
            del self.points[key]
        self._changed()

    cdef void going_on(self):
        """Before it runs: an instruction before which it has stopped is not stopped at again."""
        cdef CPU440 *c = self.cpu
        cdef bint here = self.stopped_at and self.stop_pc == c.pc and self.stop_mark == c.insns[0] + c.insns[1]
        c.stop_found = 0
        c.break_skip = here
        c.pass_pc = c.pc
        c.pass_mark = self.stop_mark if here and self.stopped_at == WATCH_POINT else -1

    cdef dict stopped(self):
        """Of a BREAKPOINT: where, and of a watchpoint the access; remembered, so that going on does not stop again."""
        cdef CPU440 *c = self.cpu
        cdef bint watch = c.stop_found == 2
        self.stopped_at = WATCH_POINT if watch else BREAK_POINT
        self.stop_pc = c.pc
        self.stop_mark = c.insns[0] + c.insns[1]
        payload = {"address": c.stop_address, "watch": watch, "pc": c.pc}
        return {**payload, "access": (c.stop_ea, c.stop_size, "write" if c.stop_kind else "read")} if watch else payload
