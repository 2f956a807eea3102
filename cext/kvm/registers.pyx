# SPDX-License-Identifier: BSD-3-Clause
"""mtspr and mfspr as KVM emulates them: which registers it knew is a matter of its release."""

from simobjects.cext.arch.arch440 cimport (
    DBCR0_RST,
    SPR_CCR0, SPR_CCR1, SPR_CSRR0, SPR_CSRR1, SPR_DBCR0, SPR_DBCR1, SPR_DBSR, SPR_DEAR, SPR_DEC, SPR_DECAR, SPR_ESR,
    SPR_IVOR0, SPR_IVPR, SPR_MCSR, SPR_MMUCR, SPR_PID, SPR_PIR, SPR_PVR, SPR_SPRG0, SPR_SRR0, SPR_SRR1, SPR_TBL,
    SPR_TBU, SPR_TCR, SPR_TSR, VECTORS,
)
from simobjects.cext.kvm.vcpu cimport EMULATES_2_6_33, EMULATES_3_14, EMULATES_3_6, priority_of



cdef class GuestRegisters:
    def __init__(self, KvmState kvm not None, ShadowScheme scheme not None, GuestTimer timer not None):
        self.kvm = kvm
        self.scheme = scheme
        self.timer = timer

    cdef bint write(self, int spr, uint32_t value) noexcept nogil:
        """mtspr; False for a register that KVM of this release does not write."""
        cdef int number = value & 255
        if spr == SPR_PID:
            if self.kvm.pid != number:
                self.kvm.pid = number
                self.scheme.set_pid()
        elif spr == SPR_MMUCR:
            self.kvm.regs.mmucr = value
            self.kvm.stid = number
        elif spr == SPR_SRR0:
            self.kvm.regs.srr0 = value
        elif spr == SPR_SRR1:
            self.kvm.regs.srr1 = value
        elif SPR_SPRG0 <= spr < SPR_SPRG0 + 8:
            self.kvm.regs.sprg[spr - SPR_SPRG0] = value
        elif spr == SPR_DEAR:
            self.kvm.regs.dear = value
        elif spr == SPR_ESR:
            self.kvm.regs.esr = value
        elif spr == SPR_DEC:
            self.timer.write_dec(value)
        elif spr == SPR_TCR:
            self.timer.write_tcr(value)
        elif spr == SPR_TSR:
            self.timer.clear_tsr(value)
        elif spr == SPR_IVPR:
            self.kvm.regs.ivpr = value
        elif SPR_IVOR0 <= spr < SPR_IVOR0 + VECTORS:
            self.kvm.regs.ivor[priority_of(spr - SPR_IVOR0)] = value
        elif spr == SPR_DBCR0:
            self.kvm.regs.dbcr0 = value
            if self.kvm.era.resets and value & DBCR0_RST:
                self.kvm.core.reset(value >> 28 & 3)
        elif spr == SPR_DBCR1:
            self.kvm.regs.dbcr1 = value
        elif spr == SPR_CCR0:
            self.kvm.regs.ccr0 = value
        elif spr == SPR_CCR1:
            self.kvm.regs.ccr1 = value
        elif spr != SPR_TBL and spr != SPR_TBU:      # those are written to no effect
            return self._write_later(spr, value)
        return True

    cdef bint _write_later(self, int spr, uint32_t value) noexcept nogil:
        """Registers that KVM got by 3.6."""
        if self.kvm.era.emulates < EMULATES_3_6:
            return self._write_last(spr, value)
        if spr == SPR_CSRR0:
            self.kvm.regs.csrr0 = value
        elif spr == SPR_CSRR1:
            self.kvm.regs.csrr1 = value
        elif spr == SPR_DBSR:
            self.kvm.regs.dbsr &= ~value
        elif spr == SPR_DECAR:
            self.kvm.regs.decar = value
        else:
            return self._write_last(spr, value)
        return True

    cdef bint _write_last(self, int spr, uint32_t value) noexcept nogil:
        """Registers that KVM got after 3.6, or the guest gets help with; PIR may be written, to no effect."""
        cdef bint last = self.kvm.era.emulates >= EMULATES_3_14
        if spr == SPR_MCSR and (last or self.kvm.era.helps):
            self.kvm.regs.mcsr &= ~value
            return True
        return spr == SPR_PIR and last

    cdef bint read(self, int spr, uint32_t *found) noexcept nogil:
        """mfspr; False for a register that KVM of this release does not read."""
        if spr == SPR_SRR0:
            found[0] = self.kvm.regs.srr0
        elif spr == SPR_SRR1:
            found[0] = self.kvm.regs.srr1
        elif SPR_SPRG0 <= spr < SPR_SPRG0 + 4:
            found[0] = self.kvm.regs.sprg[spr - SPR_SPRG0]
        elif spr == SPR_DEAR:
            found[0] = self.kvm.regs.dear
        elif spr == SPR_ESR:
            found[0] = self.kvm.regs.esr
        elif spr == SPR_MMUCR:
            found[0] = self.kvm.regs.mmucr
        elif spr == SPR_PID:
            found[0] = self.kvm.pid
        elif spr == SPR_PVR:
            found[0] = self.kvm.regs.pvr
        elif spr == SPR_IVPR:
            found[0] = self.kvm.regs.ivpr
        elif SPR_IVOR0 <= spr < SPR_IVOR0 + VECTORS:
            found[0] = self.kvm.regs.ivor[priority_of(spr - SPR_IVOR0)]
        elif spr == SPR_TBL:                 # the kernel's TBWL and TBWU are read the wrong way round
            found[0] = <uint32_t>(self.timer.now() >> 32)
        elif spr == SPR_TBU:
            found[0] = <uint32_t>self.timer.now()
        elif spr == SPR_DBCR0:
            found[0] = self.kvm.regs.dbcr0
        elif spr == SPR_DBCR1:
            found[0] = self.kvm.regs.dbcr1
        elif spr == SPR_CCR0:
            found[0] = self.kvm.regs.ccr0
        elif spr == SPR_CCR1:
            found[0] = self.kvm.regs.ccr1
        else:
            return self._read_later(spr, found)
        return True

    cdef bint _read_later(self, int spr, uint32_t *found) noexcept nogil:
        """Registers that KVM got after 2.6.29."""
        if spr == SPR_DEC and self.kvm.era.emulates >= EMULATES_2_6_33:
            found[0] = self.timer.read_dec()
            return True
        if self.kvm.era.helps and (spr == SPR_TCR or spr == SPR_MCSR):
            found[0] = self.kvm.regs.tcr if spr == SPR_TCR else self.kvm.regs.mcsr
            return True
        if self.kvm.era.emulates < EMULATES_3_6:
            return False
        if spr == SPR_CSRR0:
            found[0] = self.kvm.regs.csrr0
        elif spr == SPR_CSRR1:
            found[0] = self.kvm.regs.csrr1
        elif spr == SPR_DBSR:
            found[0] = self.kvm.regs.dbsr
        elif spr == SPR_TSR:
            found[0] = self.kvm.regs.tsr
        elif spr == SPR_TCR:
            found[0] = self.kvm.regs.tcr
        elif spr == SPR_PIR:
            found[0] = 0                     # of the only vcpu
        elif spr == SPR_MCSR and self.kvm.era.emulates >= EMULATES_3_14:
            found[0] = self.kvm.regs.mcsr
        else:
            return False
        return True
