# SPDX-License-Identifier: BSD-3-Clause
"""RAM: pages that the guest never touches cost nothing."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcmp, memcpy, memset

cdef extern from "sys/mman.h" nogil:
    void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)
    int munmap(void *addr, size_t length)
    int madvise(void *addr, size_t length, int advice)
    int PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE
    void *MAP_FAILED

cdef extern from *:
    """
    #ifdef MADV_HUGEPAGE
    #define ADVISE_LARGE(at, count) madvise(at, count, MADV_HUGEPAGE)
    #else
    #define ADVISE_LARGE(at, count) 0
    #endif
    """
    int ADVISE_LARGE(void *at, size_t count) nogil

cdef uint64_t PAGE = 4096
cdef uint64_t LARGE = 2 << 20        # a large page of the computer: its own TLB then holds what a guest uses at a time
cdef uint64_t LARGEST = 1 << 32
cdef uint8_t NOTHING[4096]


cdef class Memory:
    def __cinit__(self, uint64_t size):
        if size == 0 or size % PAGE or size > LARGEST:
            raise ValueError(f"memory of {size} bytes: expected a multiple of 4096, at most 4 GiB")
        cdef uint64_t mapped = size + LARGE
        cdef void *found = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        if found == MAP_FAILED:
            raise MemoryError(f"no {size} bytes of address space for the guest's memory")
        self.mapping = found
        self.ram = <uint8_t *>((<uint64_t>found + LARGE - 1) // LARGE * LARGE)
        self.size = size
        ADVISE_LARGE(self.ram, size // LARGE * LARGE)

    def __dealloc__(self):
        if self.ram != NULL:
            munmap(self.mapping, self.size + LARGE)

    cdef void watch(self, Written written, void *watcher) noexcept nogil:
        """Tell one watcher of every write that is not the core's own."""
        self.written = written
        self.watcher = watcher

    cdef int _check(self, uint64_t pa, uint64_t count) except -1:
        if pa > self.size or count > self.size - pa:
            raise ValueError(f"physical 0x{pa:x} to 0x{pa + count:x}: memory ends at 0x{self.size:x}")
        return 0

    cdef int _told(self, uint64_t pa, uint64_t count) except -1:
        if self.written != NULL and count:
            self.written(self.watcher, pa, count)
        return 0

    def read(self, uint64_t pa, uint64_t count):
        """`count` bytes at `pa`. ValueError outside of memory."""
        self._check(pa, count)
        return PyBytes_FromStringAndSize(<char *>self.ram + pa, count)

    def write(self, uint64_t pa, const unsigned char[::1] data not None):
        """Store bytes at `pa`. ValueError outside of memory: nothing is written then."""
        cdef uint64_t count = data.shape[0]
        self._check(pa, count)
        if count:
            memcpy(self.ram + pa, &data[0], count)
        self._told(pa, count)

    def zero(self, uint64_t pa, uint64_t count):
        """Clear `count` bytes at `pa`."""
        self._check(pa, count)
        memset(self.ram + pa, 0, count)
        self._told(pa, count)

    def used_pages(self):
        """Numbers of the 4 KiB pages that are not all zeros, ascending: what a checkpoint or a digest has to look at."""
        cdef uint64_t page
        return [
            page for page in range(self.size // PAGE) if memcmp(self.ram + page * PAGE, NOTHING, PAGE) != 0
        ]

    cdef int _state(self, State state) except -1:
        """Its size, and the pages that are not all zeros."""
        cdef int64_t size = self.size
        cdef uint64_t page, at, count
        used = [] if state.restoring else self.used_pages()
        state.number("size", &size)
        pages = state.blob("pages", b"".join(page.to_bytes(4, "big") for page in used))
        data = state.blob("data", b"".join(self.read(page * PAGE, PAGE) for page in used))
        if not state.restoring:
            return 0
        count = len(pages) // 4
        if <uint64_t>size != self.size or len(pages) % 4 or <uint64_t>len(data) != count * PAGE:
            raise ValueError(f"this is not the state of a memory of {self.size} bytes")
        numbers = [int.from_bytes(pages[4 * at : 4 * at + 4], "big") for at in range(count)]
        if any(page >= self.size // PAGE for page in numbers):
            raise ValueError(f"a page lies beyond the end of a memory of {self.size} bytes")
        for page in self.used_pages():
            memset(self.ram + page * PAGE, 0, PAGE)
        for at, page in enumerate(numbers):
            memcpy(self.ram + page * PAGE, <const char *>data + at * PAGE, PAGE)
        self._told(0, self.size)
        return 0
