# SPDX-License-Identifier: BSD-3-Clause
"""Large tables of zeros, of which little is written: a page of the computer that is not touched costs nothing.

calloc clears what it has given out before, and it is that which most of a short run's time would go to.
"""

cdef extern from "sys/mman.h" nogil:
    void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)
    int munmap(void *addr, size_t length)
    int PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE
    void *MAP_FAILED


cdef inline void *zeroed(size_t count) noexcept nogil:
    """So many bytes, all 0; NULL when memory is out."""
    cdef void *found = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return NULL if found == MAP_FAILED else found


cdef inline void give_back(void *table, size_t count) noexcept nogil:
    """The end of a table of so many bytes, or of none (NULL)."""
    if table != NULL:
        munmap(table, count)
