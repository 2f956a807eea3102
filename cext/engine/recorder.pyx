# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""The full-system stream of a core: what the engine does not see is written here, and all of it is handed to a sink."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t
from libc.stdlib cimport free
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    OP_MFDCR, OP_MTDCR, OP_MTMSR, OP_MTSPR, OP_TLBSX, OP_TLBWE, OP_WRTEE, V_CRITICAL, V_DECREMENTER, V_DTLB, V_EXTERNAL, V_FIT,
    V_ITLB, V_NONE, V_WATCHDOG,
)

from simobjects.cext.engine.cpu440 cimport (
    REC_NO_MEMORY, cpu440_set_msr, mmu_drop_all, rec_context, rec_event, rec_exit, rec_fault, rec_forget, rec_idle,
    rec_interrupt, rec_line, rec_matters, rec_own_context, rec_privileged, rec_settle,
)
from simobjects.cext.traces.recording cimport (
    AFTER_EXIT, AT_BOUNDARY, IN_ATTEMPT, K_DEVICE, K_END, K_MARK, LINE_ASLEEP, LINE_AT_PLACE,
    LINE_IN_ACCESS,
)

cdef bint is_asynchronous(int vector) noexcept nogil:
    """Whether an interrupt comes from outside of the guest's instructions."""
    return (vector == V_EXTERNAL or vector == V_DECREMENTER or vector == V_FIT or vector == V_CRITICAL
            or vector == V_WATCHDOG)


class RecordingError(ValueError):
    """What is executed cannot be written down."""


cdef class Recorder:
    """Attached to a core it hears of everything; `sink` is called with the five columns as bytes."""

    def __cinit__(self, sink):
        memset(&self.stream, 0, sizeof(self.stream))
        self.sink = sink
        self.slept_at = -1
        self.stream.page = 0xFFFFFFFF
        self.stream.context = 0xFFFFFFFF

    def __dealloc__(self):
        free(self.stream.fetch_page)
        free(self.stream.data_page)
        free(self.stream.fetches)
        free(self.stream.accesses)
        free(self.stream.kind)

    cdef int64_t _done(self) noexcept nogil:
        return self.cpu.insns[0] + self.cpu.insns[1]

    cdef _attach(self, CPU440 *cpu, Supervisor supervisor):
        """Listen from now on."""
        self.cpu = cpu
        self.supervisor = supervisor
        self.stream.at = self._done()
        cpu.recorder = &self.stream
        cpu.slow_only = 1
        mmu_drop_all(cpu)
        cpu440_set_msr(cpu, cpu.msr)

    cdef void _context(self) noexcept nogil:
        if self.supervisor is None:
            rec_own_context(self.cpu)
        else:
            rec_context(self.cpu, self.supervisor.guest_context())

    def drain(self):
        """Give what was recorded to the sink. MemoryError, RecordingError: it cannot be recorded."""
        cdef RecordedStream *stream = &self.stream
        cdef int64_t used = stream.used
        if stream.full & REC_NO_MEMORY:
            raise MemoryError("no memory for a recording")
        if stream.full:
            raise RecordingError("the program uses pages of 1 KiB, and records name pages of 4 KiB; it cannot be recorded")
        if used == 0:
            return
        stream.used = 0
        stream.open = 0
        self.sink((
            PyBytes_FromStringAndSize(<char *>stream.fetch_page, used * sizeof(uint32_t)),
            PyBytes_FromStringAndSize(<char *>stream.data_page, used * sizeof(uint32_t)),
            PyBytes_FromStringAndSize(<char *>stream.kind, used),
            PyBytes_FromStringAndSize(<char *>stream.accesses, used * sizeof(uint16_t)),
            PyBytes_FromStringAndSize(<char *>stream.fetches, used * sizeof(uint32_t)),
        ))

    def finish(self):
        """Everything up to now, to the sink. The next instruction has done nothing yet."""
        rec_settle(&self.stream, self._done())
        self.drain()

    cdef void mark(self, int what, uint32_t value):
        rec_settle(&self.stream, self._done())
        rec_event(&self.stream, K_MARK, 0, value, what, 0)

    def end(self, int reason, int detail):
        """The execution has ended by itself."""
        rec_settle(&self.stream, self._done())
        rec_event(&self.stream, K_END, 0, detail, reason, 0)

    # ---- natively

    cdef void interrupted(self, int vector) noexcept nogil:
        """The core is about to enter a vector between two instructions."""
        rec_interrupt(self.cpu, self.cpu.pc, vector, AT_BOUNDARY, 0, 0)

    cdef void waited(self, int64_t time) noexcept nogil:
        rec_idle(self.cpu, time)

    # ---- under a supervisor

    cdef void before(self, Exit *exit, bint executed) noexcept nogil:
        """An exit that is about to be taken; `executed`: of an instruction that is going to be emulated."""
        cdef uint32_t operand = 0
        cdef uint32_t value = 0
        self.own = executed
        if not executed:
            return
        if exit.op == OP_TLBWE:
            operand = <uint32_t>exit.slot
            value = exit.value
        elif exit.op == OP_MTDCR or exit.op == OP_MFDCR:
            operand = <uint32_t>exit.spr
            value = exit.value if exit.op == OP_MTDCR else 0
        elif exit.op == OP_TLBSX:
            value = exit.ea
        elif exit.op != OP_MTSPR or rec_matters(exit.spr):
            value = exit.value if writes(exit.op) else 0
        rec_privileged(self.cpu, self._done(), exit.pc, exit.insn, exit.op, operand, value)

    cdef void accessed(self, Exit *exit) noexcept nogil:
        """User space has done a load or store for the guest, which now counts as executed."""
        rec_settle(&self.stream, self._done() - 1)
        self.stream.pieces = 0
        rec_event(&self.stream, K_DEVICE, exit.pc, exit.ea, exit.reference | 4, exit.insn)
        self.stream.at = self._done()

    cdef void after(self, Exit *exit) noexcept nogil:
        """An exit is over."""
        cdef bint missed = (exit.kind == V_DTLB or exit.kind == V_ITLB) and not exit.completed
        cdef bint own = exit.completed or self.own
        cdef int how = IN_ATTEMPT if missed else AFTER_EXIT if own else AT_BOUNDARY
        if exit.failed and not own:      # as if the guest's own handler took it: a replay hears of the failure too
            rec_fault(self.cpu, exit.pc, exit.kind)
        elif exit.vector == V_NONE:
            if missed:
                rec_forget(self.cpu)
            if not own:
                rec_exit(self.cpu, exit.ea, exit.reference if missed else -1)
        elif is_asynchronous(exit.vector):
            rec_interrupt(self.cpu, exit.pc, exit.vector, how, exit.ea, exit.reference)
        elif not exit.completed:
            rec_fault(self.cpu, exit.pc, exit.vector)
        self._context()

    cdef void fell_asleep(self, int64_t time) noexcept nogil:
        self.slept_at = time

    cdef void woke(self, int64_t time) noexcept nogil:
        rec_idle(self.cpu, time - self.slept_at)
        self.slept_at = -1
        self.own = True      # the exit that is over now is that of the instruction that made the guest wait

    cdef void line(self, bint level, bint in_access, int64_t time) noexcept nogil:
        """The guest's interrupt controller raises or lowers its output."""
        if self.slept_at >= 0:
            rec_line(self.cpu, level, LINE_ASLEEP, time - self.slept_at)
        else:
            rec_line(self.cpu, level, LINE_IN_ACCESS if in_access else LINE_AT_PLACE, 0)


cdef bint writes(int op) noexcept nogil:
    """Of the operations without operands of their own: whether what a register holds matters."""
    return op == OP_MTSPR or op == OP_MTMSR or op == OP_WRTEE
