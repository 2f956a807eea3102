# SPDX-License-Identifier: BSD-3-Clause
"""The C engine as Cython sees it: the state of a 440 core, and what can be done to it. The headers explain both.

Each kernel that uses it compiles the headers for itself, so they keep nothing outside of CPU440 but the decoder's tables.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "cpu440_setup.h" nogil:
    enum: COST_INTERRUPT, COST_RFI, COST_TLBWE, COST_SPR, COST_MICRO, COST_DEVICE, COST_COUNT
    enum: RUN_BUDGET, RUN_ATTENTION, RUN_EXCEPTION, RUN_SPIN
    enum: DIAG_COUNT, CPU440_LAYOUT_COUNT, CPU440_RUN_LAYOUT_COUNT, DIAG_overlapping_entries
    enum: OP_INSTRUCTIONS, TALLY_SPRS
    ctypedef struct Tally:
        int64_t completed[256]
        int64_t faulted[256]
        int64_t spr_read[1024]
        int64_t spr_written[1024]
    void tally_add(Tally *t, uint32_t raw, int64_t count)
    enum: OP_illegal, WATCH_READ, WATCH_WRITE, WATCH_BEFORE
    ctypedef struct FieldRow:
        const char *name
        size_t offset, size
        int count
    ctypedef struct SprRow:
        const char *name
        int number, access
    const SprRow *CPU440_SPRS
    int CPU440_SPR_COUNT
    ctypedef struct MicroTlb:
        int size, used, next
    ctypedef struct TlbView:
        void *owner
        uint32_t *w0
        uint32_t *w1
        uint32_t *w2
        uint32_t *key
        uint32_t *mask
        uint32_t *tag
        uint8_t *tid
        uint8_t *watched
        int entries, padded
        void (*write)(void *owner, int slot, int word, uint32_t value, int tid) noexcept nogil
    ctypedef struct BusView:
        void *owner
        int (*read)(void *owner, uint64_t pa, int size, uint32_t *value, int64_t now) noexcept nogil
        int (*write)(void *owner, uint64_t pa, int size, uint32_t value, int64_t now) noexcept nogil
        int (*dcr_read)(void *owner, int number, uint32_t *value, int64_t now) noexcept nogil
        int (*dcr_write)(void *owner, int number, uint32_t value, int64_t now) noexcept nogil
    enum: REC_NO_MEMORY, REC_SMALL_PAGE
    ctypedef struct RecordedStream "Recorder":
        uint32_t *fetch_page
        uint32_t *data_page
        uint32_t *fetches
        uint16_t *accesses
        uint8_t *kind
        int64_t used, at, exits, exits_at, events
        int full, open, pieces
        int64_t now
        uint32_t page, context
    ctypedef struct CPU440:
        RecordedStream *recorder
        uint32_t gpr[32]
        uint32_t pc, lr, ctr, so, tcr, msr, pid, mmucr, pvr, reservation, ccr0
        uint32_t cr[8]
        uint32_t sprg[8]
        uint64_t page_count
        int64_t synced, time, cpi, extra, tick, ticks_seen, dec_zero
        int attention, critical_line, external_line, supervised, statistics_mode, pending
        int mcheck_critical, strict, hears, faithful, slow_only, reset_kind, raised, raised_kind
        uint32_t raised_esr, raised_ea, raised_insn, first_pc, first_ea
        int first_raised, no_progress, most_no_progress
        uint64_t answer_pa
        TlbView tlb
        BusView bus
        MicroTlb micro[2]
        int break_count, watch_count, break_skip, stop_found
        uint32_t breaks[64]
        uint32_t watch_ea[64]
        uint32_t watch_size[64]
        int watch_kind[64]
        uint32_t stop_address, stop_ea, stop_size, pass_pc
        int stop_kind
        int64_t pass_mark
        uint32_t last_pc, last_raw
        void (*entered)(void *owner, int vector, uint32_t pc) noexcept nogil
        void *entered_owner
        Tally *tally
        int64_t insns[2]
        int64_t loads[2]
        int64_t stores[2]
        int64_t cycles[2]
        int64_t more_lookups[2]
        int64_t misses[2][3]
        int64_t micro_misses[2]
        int64_t lookups, missed
        int64_t vectors[16]
        int64_t diagnostics[64]
    const FieldRow CPU440_LAYOUT[]
    const FieldRow CPU440_RUN_LAYOUT[]
    const char *const CPU440_DIAGNOSTIC_NAMES[]
    CPU440 *cpu440_new(uint8_t *ram, uint64_t size, int padded)
    void cpu440_delete(CPU440 *c)
    void cpu440_set_costs(CPU440 *c, int64_t cpi, const int64_t *latencies)
    void cpu440_forget(CPU440 *c)
    void cpu440_no_recorder(CPU440 *c)
    enum: MICRO_WORDS
    void cpu440_save_micro(const CPU440 *c, uint32_t *out)
    int cpu440_restore_micro(CPU440 *c, const uint32_t *words)
    int cpu440_times_fit(const CPU440 *c)
    void cpu440_set_msr(CPU440 *c, uint32_t value)
    void cpu440_settle(CPU440 *c, int64_t left, uint64_t counts)
    int64_t cpu440_debug_pa(CPU440 *c, uint32_t ea, int as_)
    uint32_t cpu440_xer(const CPU440 *c)
    void cpu440_set_xer(CPU440 *c, uint32_t value)
    uint32_t cpu440_cr(const CPU440 *c)
    void cpu440_set_cr(CPU440 *c, uint32_t value)
    int engine_run(CPU440 *c, int64_t budget, int step_only)
    void exc_enter(CPU440 *c, int vector, uint32_t back)
    int exc_pending(const CPU440 *c)
    void timers_run(CPU440 *c, int64_t now)
    int64_t timers_next(const CPU440 *c, uint32_t msr)
    void timers_pending(CPU440 *c)
    int64_t cpu440_spend(CPU440 *c, int kind)
    void mmu_tlb_changed(CPU440 *c, int slot)
    void mmu_set_pid(CPU440 *c, uint32_t pid)
    void mmu_synchronise(CPU440 *c)
    void mmu_drop_all(CPU440 *c)
    void code_written(CPU440 *c, uint64_t pa, uint64_t count)
    void code_entered(CPU440 *c)
    enum: CODE_PAGES_MOST
    int cpu440_code_cached(const CPU440 *c, uint64_t place)
    int cpu440_code_differs(const CPU440 *c, uint64_t place)
    void cpu440_code_bytes(const CPU440 *c, uint64_t place, uint8_t *out)
    int cpu440_code_put(CPU440 *c, uint64_t place, const uint8_t *bytes)
    ctypedef struct Trapped:
        int op, spr, word, slot, record
        uint32_t value, ea
    void trapped_decode(const CPU440 *c, Trapped *t)
    void trapped_result(CPU440 *c, uint32_t value, int found)
    int trapped_access(CPU440 *c, uint64_t gpa)
    void trapped_dcr(CPU440 *c, int number, int write)
    void trapped_completed(CPU440 *c)
    int spr_peek(CPU440 *c, int n, int64_t now, uint32_t *value)
    void spr_store(CPU440 *c, int n, int64_t now, uint32_t value)
    void rec_privileged(CPU440 *c, int64_t done, uint32_t pc, uint32_t insn, int op, uint32_t operand, uint32_t value)
    int rec_matters(int spr)
    void rec_event(RecordedStream *r, int kind, uint32_t fetch, uint32_t data, uint32_t accesses, uint32_t fetches)
    void rec_settle(RecordedStream *r, int64_t done)
    void rec_tries(RecordedStream *r)
    void rec_forget(CPU440 *c)
    void rec_fault(CPU440 *c, uint32_t pc, int vector)
    void rec_interrupt(CPU440 *c, uint32_t pc, int vector, int how, uint32_t ea, int reference)
    void rec_exit(CPU440 *c, uint32_t ea, int reference)
    void rec_line(CPU440 *c, int level, int how, int64_t delay)
    void rec_idle(CPU440 *c, int64_t time)
    void rec_context(CPU440 *c, uint32_t context)
    void rec_own_context(CPU440 *c)
