# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""The state of a core as values by name, all from the field lists of cpu440.h: saved, put back, compared."""

import hashlib

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from simobjects.cext.arch.arch440 cimport FOREVER
from simobjects.cext.arch.state cimport FARTHEST, State
from simobjects.cext.board.memory cimport Memory
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.engine.cpu440 cimport (
    CODE_PAGES_MOST, CPU440, cpu440_code_bytes, cpu440_code_cached, cpu440_code_differs, cpu440_code_put,
    cpu440_forget, CPU440_LAYOUT, CPU440_LAYOUT_COUNT, cpu440_restore_micro, CPU440_RUN_LAYOUT,
    CPU440_RUN_LAYOUT_COUNT, cpu440_save_micro, CPU440_SPR_COUNT, CPU440_SPRS, cpu440_times_fit,
    FieldRow, MICRO_WORDS, OP_INSTRUCTIONS, Tally, timers_pending,
)

OLD_CODE = 4 + 4096                  # bytes of a checkpoint for a page that memory no longer has as it was decoded


cdef dict save_fields(CPU440 *c):
    """The fields of both lists by name: integers, and arrays as big-endian bytes."""
    cdef int i
    state = {CPU440_LAYOUT[i].name.decode(): _save_row(c, CPU440_LAYOUT[i]) for i in range(CPU440_LAYOUT_COUNT)}
    for i in range(CPU440_RUN_LAYOUT_COUNT):
        state["run." + CPU440_RUN_LAYOUT[i].name.decode()] = _save_row(c, CPU440_RUN_LAYOUT[i])
    return state


cdef dict save_caches(CPU440 *c):
    """What is cached: translations in the micro-TLBs, pages of code."""
    cdef int i
    cdef uint32_t micro[MICRO_WORDS]
    cpu440_save_micro(c, micro)
    pages, old = _save_code(c)
    return {"micro_tlbs": b"".join([int(micro[i]).to_bytes(4, "big") for i in range(MICRO_WORDS)]),
            "code_pages": pages, "code_bytes": old}


cdef dict save_requests(CPU440 *c):
    """What the guest has asked for and has not yet come to."""
    return {"reset_kind": c.reset_kind, "machine_check": c.pending & PEND_MACHINE, "statistics_mode": c.statistics_mode}


cdef int tally_counts(State state, Tally *tally) except -1:
    """Statistics: instructions by what they are, mfspr and mtspr by register; empty when nobody asked for them."""
    cdef int i
    cdef int instructions = 0 if tally == NULL else OP_INSTRUCTIONS
    cdef int registers = 0 if tally == NULL else CPU440_SPR_COUNT
    state.follows("opcodes", [tally.completed[i] for i in range(instructions)])
    state.follows("opcode_faults", [tally.faulted[i] for i in range(instructions)])
    state.follows("spr_reads", [tally.spr_read[CPU440_SPRS[i].number] for i in range(registers)])
    return state.follows("spr_writes", [tally.spr_written[CPU440_SPRS[i].number] for i in range(registers)])


cdef bytes save_tally(CPU440 *c):
    """What is counted by instruction, as it lies in memory; nothing when nobody asked for it."""
    return b"" if c.tally == NULL else (<const char *>c.tally)[:sizeof(Tally)]


cdef restore_tally(CPU440 *c, value):
    """Put it back. Who did not count before begins at 0, who does not now has no use for it."""
    cdef size_t i
    if not isinstance(value, bytes) or len(value) not in (0, <Py_ssize_t>sizeof(Tally)):
        raise ValueError("tally: not the state of this core")
    if c.tally == NULL:
        return
    memset(c.tally, 0, sizeof(Tally))
    memcpy(c.tally, <const char *>value, len(value))
    for i in range(sizeof(Tally) // sizeof(int64_t)):
        if not 0 <= (<int64_t *>c.tally)[i] <= FARTHEST:
            raise ValueError("tally: not the state of this core")


cdef restore_all(CPU440 *c, state):
    """Put back all that the functions above have found. ValueError when it is not such a state; time may be 0 then."""
    cdef int i
    cdef uint32_t micro[MICRO_WORDS]
    for i in range(CPU440_LAYOUT_COUNT):
        _restore_row(c, CPU440_LAYOUT[i], state[CPU440_LAYOUT[i].name.decode()])
    for i in range(CPU440_RUN_LAYOUT_COUNT):
        _restore_row(c, CPU440_RUN_LAYOUT[i], state["run." + CPU440_RUN_LAYOUT[i].name.decode()], 0)
    _judge(state)
    if not isinstance(state["micro_tlbs"], bytes) or len(state["micro_tlbs"]) != 4 * MICRO_WORDS:
        raise ValueError("micro_tlbs: not the state of this core")
    for i in range(MICRO_WORDS):
        micro[i] = int.from_bytes(state["micro_tlbs"][4 * i:4 * i + 4], "big")
    c.reset_kind = state["reset_kind"] & 3
    c.pending = PEND_MACHINE if state["machine_check"] else 0
    c.statistics_mode = state["statistics_mode"] & 1
    _sanitise(c)
    if cpu440_restore_micro(c, micro):
        raise ValueError("micro_tlbs: not the state of this core's micro-TLBs")
    _restore_code(c, state["code_pages"], state["code_bytes"])


cdef set_field(CPU440 *c, bytes name, value):
    """One field of the architectural state."""
    cdef int i
    for i in range(CPU440_LAYOUT_COUNT):
        if CPU440_LAYOUT[i].name == name:
            _restore_row(c, CPU440_LAYOUT[i], value)
    timers_pending(c)


cdef list state_layout():
    """(name, offset, size of a value, number of values) of each field in `state_memory`."""
    cdef int i
    return [
        (CPU440_LAYOUT[i].name.decode(), CPU440_LAYOUT[i].offset, CPU440_LAYOUT[i].size, CPU440_LAYOUT[i].count)
        for i in range(CPU440_LAYOUT_COUNT)
    ]


cdef bytes state_memory(CPU440 *c):
    """The architectural state as it lies in memory, values in the computer's byte order."""
    cdef const FieldRow *last = &CPU440_LAYOUT[CPU440_LAYOUT_COUNT - 1]
    return (<const char *>c)[:last.offset + last.size * last.count]


cdef str machine_digest(CPU440 *c, TLB tlb, Memory memory):
    """A hash of all architectural state, the TLB and memory."""
    cdef int i
    found = hashlib.blake2b(digest_size=16)
    for i in range(CPU440_LAYOUT_COUNT):
        value = _save_row(c, CPU440_LAYOUT[i])
        found.update(value if isinstance(value, bytes) else int(value).to_bytes(8, "big", signed=True))
    for i in range(tlb.entries):
        found.update(repr(tlb.read(i)).encode())
    for page in memory.used_pages():
        found.update(page.to_bytes(8, "big"))
        found.update(memory.read(page * 4096, 4096))
    return found.hexdigest()


cdef _save_row(CPU440 *c, FieldRow row):
    cdef char *at = <char *>c + row.offset
    values = [
        int((<uint32_t *>at)[i]) if row.size == 4 else int((<int64_t *>at)[i]) for i in range(row.count)
    ]
    return values[0] if row.count == 1 else b"".join(v.to_bytes(row.size, "big", signed=row.size == 8) for v in values)


cdef _restore_row(CPU440 *c, FieldRow row, value, int64_t least=-FARTHEST):
    cdef char *at = <char *>c + row.offset
    cdef int i
    if row.count == 1:
        values = [value]
    elif isinstance(value, bytes):
        if <size_t>len(value) != row.size * row.count:
            raise ValueError(f"{row.name.decode()}: {len(value)} bytes, expected {row.size * row.count}")
        values = [
            int.from_bytes(value[i * row.size:(i + 1) * row.size], "big", signed=row.size == 8) for i in range(row.count)
        ]
    else:
        values = list(value)
    if not all(isinstance(v, int) for v in values):
        raise ValueError(f"{row.name.decode()}: expected integers")
    # The time base is what a guest has set it to; DEC may never reach 0; all else of 64 bits is a count or a time.
    if row.size == 8 and row.name != b"tb_offset" and not all(
            least <= v <= FARTHEST or (v == FOREVER and row.name == b"dec_zero") for v in values):
        raise ValueError(f"{row.name.decode()}: not within {least} to {FARTHEST}")
    for i in range(row.count):
        if row.size == 4:
            (<uint32_t *>at)[i] = values[i]
        else:
            (<int64_t *>at)[i] = values[i]


cdef tuple _save_code(CPU440 *c):
    """The pages in the instruction cache, and those of them that memory no longer has so, with their bytes."""
    cdef uint64_t place
    cdef uint8_t code[4096]
    pages = []
    old = []
    for place in range(2 * c.page_count):
        if cpu440_code_cached(c, place):
            pages.append(int(place).to_bytes(4, "big"))
            if cpu440_code_differs(c, place):
                cpu440_code_bytes(c, place, code)
                old.append(int(place).to_bytes(4, "big") + (<const char *>code)[:4096])
    return b"".join(pages), b"".join(old)


cdef _restore_code(CPU440 *c, pages, old):
    cdef uint64_t place
    cdef const unsigned char *code
    if not isinstance(pages, bytes) or len(pages) % 4 or len(pages) > 4 * CODE_PAGES_MOST:
        raise ValueError("code_pages: not the state of this core")
    if not isinstance(old, bytes) or len(old) % OLD_CODE or len(old) > len(pages) // 4 * OLD_CODE:
        raise ValueError("code_bytes: not the state of this core")
    found = [(int.from_bytes(pages[at:at + 4], "big"), None) for at in range(0, len(pages), 4)]
    found += [
        (int.from_bytes(old[at:at + 4], "big"), old[at + 4:at + OLD_CODE]) for at in range(0, len(old), OLD_CODE)
    ]
    for number, content in found:
        if number >= 2 * c.page_count:
            raise ValueError(f"a page of code, {number // 2}, lies beyond the end of memory")
        place = number
        code = NULL
        if content is not None:
            code = content
        if cpu440_code_put(c, place, code):
            raise MemoryError("no memory for decoded code")


NARROW = {"so": 1, "ov": 1, "ca": 1, "string_bytes": 127, "cr": 15, "reservation": 1, "pid": 255}
"""Fields narrower than their words, which the engines rely on: the largest value of each."""


cdef _judge(state):
    """ValueError where a narrow field is not: what it would do is another thing in each engine."""
    for name, most in NARROW.items():
        value = state[name]
        words = value if isinstance(value, bytes) else int(value).to_bytes(4, "big")
        for i in range(0, len(words), 4):
            found = int.from_bytes(words[i:i + 4], "big")
            if found > most:
                raise ValueError(f"{name}: {found}, expected 0 to {most}")


cdef _sanitise(CPU440 *c):
    """Whatever the file said: no field can lead the engine astray."""
    c.pc &= 0xFFFFFFFC
    if not cpu440_times_fit(c):
        time, c.time, c.extra, c.ticks_seen, c.dec_zero = c.time, 0, 0, 0, FOREVER
        raise ValueError(f"time {time}: not the state of this core")
    cpu440_forget(c)
