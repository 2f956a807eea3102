# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""The engine's ways to the TLB, to memory and to the bus: callbacks in C, into the peers that the core is connected to."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.board.bus cimport Bus
from simobjects.cext.board.memory cimport Memory
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.engine.cpu440 cimport code_written, CPU440, DIAG_overlapping_entries, mmu_tlb_changed


cdef void _tlb_write(void *owner, int slot, int word, uint32_t value, int tid) noexcept nogil:
    (<TLB>owner).write_word(slot, word, value, tid)


cdef void _tlb_changed(void *watcher, int slot) noexcept nogil:
    if slot < 0:
        (<CPU440 *>watcher).diagnostics[<int>DIAG_overlapping_entries] += 1
    mmu_tlb_changed(<CPU440 *>watcher, slot)


cdef void _memory_written(void *watcher, uint64_t pa, uint64_t count) noexcept nogil:
    code_written(<CPU440 *>watcher, pa, count)


cdef int _bus_read(void *owner, uint64_t pa, int size, uint32_t *value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).read(pa, size, value)


cdef int _bus_write(void *owner, uint64_t pa, int size, uint32_t value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).write(pa, size, value)


cdef int _dcr_read(void *owner, int number, uint32_t *value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).dcr_read(number, value)


cdef int _dcr_write(void *owner, int number, uint32_t value, int64_t now) noexcept nogil:
    (<Bus>owner).now = now
    return (<Bus>owner).dcr_write(number, value)


cdef int padded_entries(TLB tlb) noexcept:
    """Rows that the engine searches: it looks at 16 at a time."""
    return (tlb.entries + 15) & ~15


cdef void wire(CPU440 *c, TLB tlb, Memory memory, Bus bus) noexcept:
    """Show the engine its TLB and its bus, and let it hear of what others write to TLB and memory."""
    c.tlb.owner = <void *>tlb
    c.tlb.w0 = tlb.w0
    c.tlb.w1 = tlb.w1
    c.tlb.w2 = tlb.w2
    c.tlb.key = tlb.key
    c.tlb.mask = tlb.mask
    c.tlb.tag = tlb.tag
    c.tlb.tid = tlb.tid
    c.tlb.watched = tlb.watched
    c.tlb.entries = tlb.entries
    c.tlb.padded = padded_entries(tlb)
    c.tlb.write = _tlb_write
    c.bus.owner = <void *>bus
    c.bus.read = _bus_read
    c.bus.write = _bus_write
    c.bus.dcr_read = _dcr_read
    c.bus.dcr_write = _dcr_write
    tlb.watch(_tlb_changed, <void *>c)
    memory.watch(_memory_written, <void *>c)
