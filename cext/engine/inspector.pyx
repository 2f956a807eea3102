# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""What a debugger sees of a core and changes: registers by name, and memory as the guest's data space maps it.

Nothing of it is counted, and a register is written without the side effects of the instruction that would.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.arch.arch440 cimport SPR_SHOWN, SPR_WRITE
from simobjects.cext.engine.cpu440 cimport (
    CPU440, CPU440_SPRS, CPU440_SPR_COUNT, cpu440_cr, cpu440_debug_pa, cpu440_set_cr, cpu440_set_msr, cpu440_set_xer, cpu440_xer, spr_peek,
    spr_store,
)
from simobjects.cext.engine.core_state cimport set_field

SPR_ROWS = [(row["name"].decode().lower(), row["number"], row["access"]) for row in CPU440_SPRS[:CPU440_SPR_COUNT]]
SPRS = {name: number for name, number, access in SPR_ROWS if access & SPR_SHOWN}
READ_ONLY = frozenset(name for name, _, access in SPR_ROWS if not access & SPR_WRITE)
REGISTER_NAMES = tuple(f"r{i}" for i in range(32)) + ("pc", "msr", "cr", "lr", "ctr", "xer", *SPRS)
"""r0 to r31, pc, msr, cr, lr, ctr, xer, then the special purpose registers."""


cdef class Inspector:
    cdef read(self, str name, int64_t now):
        """The value of a register. KeyError for a name that no register has."""
        cdef CPU440 *c = self.cpu
        cdef uint32_t value = 0
        if name in SPRS:
            spr_peek(c, SPRS[name], now, &value)
            return value
        if name == "pc":
            return c.pc
        if name == "msr":
            return c.msr
        if name == "cr":
            return cpu440_cr(c)
        if name == "lr":
            return c.lr
        if name == "ctr":
            return c.ctr
        if name == "xer":
            return cpu440_xer(c)
        return c.gpr[self._gpr(name)]

    def _gpr(self, str name):
        if name[:1] == "r" and name[1:].isdecimal() and int(name[1:]) < 32 and str(int(name[1:])) == name[1:]:
            return int(name[1:])
        raise KeyError(f"no register is called {name!r}")

    cdef write(self, str name, value, int64_t now):
        """Set a register, without the side effects of the instruction that would. ValueError: read-only, or too wide."""
        cdef CPU440 *c = self.cpu
        if not 0 <= value < 1 << 32:
            raise ValueError(f"{name} = {value}: registers have 32 bits")
        if name in READ_ONLY:
            raise ValueError(f"{name} is read-only")
        cdef uint32_t word = value
        if name == "tsr":
            set_field(c, b"tsr", word)
        elif name == "dbsr":
            set_field(c, b"dbsr", word)
        elif name == "mcsr":
            set_field(c, b"mcsr", word)
        elif name == "dbcr0":
            set_field(c, b"dbcr", [word, self.read("dbcr1", now), self.read("dbcr2", now)])
        elif name in SPRS:
            spr_store(c, SPRS[name], now, word)
        elif name == "pc":
            c.pc = word & 0xFFFFFFFC
        elif name == "msr":
            cpu440_set_msr(c, word)
            if not c.supervised:
                c.statistics_mode = (c.msr >> 14) & 1
        elif name == "cr":
            cpu440_set_cr(c, word)
        elif name == "lr":
            c.lr = word
        elif name == "ctr":
            c.ctr = word
        elif name == "xer":
            cpu440_set_xer(c, word)
        else:
            c.gpr[self._gpr(name)] = word

    cdef uint64_t physical(self, uint32_t ea) except? -1:
        """Where a data access to `ea` would go, as the present context translates. ValueError where nothing is mapped."""
        cdef int64_t pa = cpu440_debug_pa(self.cpu, ea, (self.cpu.msr >> 4) & 1)
        if pa < 0:
            pa = cpu440_debug_pa(self.cpu, ea, (self.cpu.msr >> 5) & 1)
        if pa < 0:
            raise ValueError(f"no TLB entry maps 0x{ea:08x}")
        return pa

    cdef list _pieces(self, uint32_t ea, int64_t count):
        """(physical address, bytes) of a range, cut where the smallest page ends."""
        cdef int64_t at = 0
        cdef int64_t here
        cdef uint64_t pa
        cdef list found = []
        while at < count:
            here = min(count - at, 1024 - ((ea + at) & 1023))
            pa = self.physical(<uint32_t>(ea + at))
            if pa + here > self.memory.size:
                raise ValueError(f"0x{<uint32_t>(ea + at):08x} is mapped to physical 0x{pa:09x}, where no memory is")
            found.append((pa, here))
            at += here
        return found

    cdef bytes read_memory(self, uint32_t ea, int64_t count):
        """Bytes from `ea` on, as the data space of the present context maps them; nothing is counted."""
        if not 0 <= count <= 1 << 24:
            raise ValueError(f"{count} bytes: expected 0 to 2^24")
        return b"".join([self.memory.read(pa, here) for pa, here in self._pieces(ea, count)])

    cdef write_memory(self, uint32_t ea, data):
        """Write bytes from `ea` on; all or, when a part is not mapped, nothing."""
        at = 0
        for pa, here in self._pieces(ea, len(data)):
            self.memory.write(pa, data[at:at + here])
            at += here
