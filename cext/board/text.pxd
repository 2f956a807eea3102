# SPDX-License-Identifier: BSD-3-Clause
"""Text that grows at the end and is read at the beginning."""

from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy

cdef struct Bytes:
    uint8_t *data
    int64_t begin
    int64_t end
    int64_t room


cdef inline int append(Bytes *store, const uint8_t *data, int64_t count) noexcept nogil:
    """-1 when there is no memory."""
    cdef int64_t room
    cdef uint8_t *grown
    if count == 0:               # `data` and `store.data` may be NULL then, which memcpy may not be given
        return 0
    if store.end + count > store.room:
        room = max(2 * store.room, max(store.end + count, 4096))
        grown = <uint8_t *>realloc(store.data, room)
        if grown == NULL:
            return -1
        store.data = grown
        store.room = room
    memcpy(store.data + store.end, data, count)
    store.end += count
    return 0
