# SPDX-License-Identifier: BSD-3-Clause
"""What KVM does for each privileged instruction of its guest; anything that it did not know then fails here too."""

from simobjects.cext.arch.arch440 cimport (
    ESR_PTR, MMUCR_STS, MSR_EE, MSR_IS, MSR_PR, MSR_WE, OPERATIONS, OP_CACHE, OP_MFDCR, OP_MFMSR, OP_MFSPR,
    OP_MTDCR, OP_MTMSR, OP_MTSPR, OP_RFCI, OP_RFI, OP_TLBSX, OP_TLBSYNC, OP_TLBWE, OP_TRAP, OP_WRTEE, SPR_OTHER,
    W0_TS, W0_VALID,
)
from simobjects.cext.arch.opcodes440 cimport (
    PRIMARY_lha, PRIMARY_lhau, PRIMARY_lhzu, PRIMARY_lwz, PRIMARY_lwzx, PRIMARY_sth, PRIMARY_sthu, PRIMARY_twi,
    XO_dccci, XO_lbzux, XO_lbzx, XO_lhax, XO_lhbrx, XO_lhzux, XO_lhzx, XO_lwbrx, XO_lwzx, XO_mfdcrx, XO_mtdcrx,
    XO_stbux, XO_stbx, XO_sthbrx, XO_sthux, XO_sthx, XO_stwbrx, XO_stwx,
)
from simobjects.cext.core.tlb_array cimport size_mask
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kinds cimport (
    FAILED_INDEX, FAILED_INDEX_BUG, FAILED_INSTRUCTION, FAILED_READ, FAILED_WORD, FAILED_WRITE,
)
from simobjects.cext.kvm.vcpu cimport EMULATES_3_14, EMULATES_3_6, P_PROGRAM

cdef enum:
    DCR_CPR0_ADDRESS = 0xC
    DCR_CPR0_DATA = 0xD


cdef bint decodes_device_access(uint32_t insn, int emulates) noexcept nogil:
    """Whether KVM's own decoder knows this load or store: integer ones of one register, and no algebraic ones at first."""
    cdef uint32_t primary = insn >> 26
    cdef uint32_t extended = insn >> 1 & 1023
    if primary == PRIMARY_lwzx:
        if extended == XO_lhax:
            return emulates >= EMULATES_3_6
        return (extended == XO_lwzx or extended == XO_lbzx or extended == XO_lbzux
                or extended == XO_stwx or extended == XO_stbx or extended == XO_stbux
                or extended == XO_lhzx or extended == XO_lhzux
                or extended == XO_sthx or extended == XO_sthux
                or extended == XO_lwbrx or extended == XO_lhbrx
                or extended == XO_stwbrx or extended == XO_sthbrx)
    if primary == PRIMARY_lha or primary == PRIMARY_lhau:
        return emulates >= EMULATES_3_6
    return PRIMARY_lwz <= primary <= PRIMARY_lhzu or primary == PRIMARY_sth or primary == PRIMARY_sthu


cdef bint loads(uint32_t insn) noexcept nogil:
    """Of the instructions that KVM decodes for a device access: whether it is a load."""
    return not (insn >> 1 & 0x80 if insn >> 26 == PRIMARY_lwzx else insn >> 26 & 4)


cdef class Emulation:
    def __init__(self, KvmState kvm not None, ShadowScheme scheme not None, Delivery delivery not None,
                 GuestTimer timer not None):
        self.kvm = kvm
        self.scheme = scheme
        self.delivery = delivery
        self.registers = GuestRegisters(kvm, scheme, timer)

    cdef int emulate(self, Exit *exit) noexcept nogil:
        """A privileged instruction of the guest's kernel. Returns what it comes to; the outputs of the exit are set."""
        self.kvm.instructions += self.kvm.costs.of.c_emulate
        if exit.op != OP_MTSPR and exit.op != OP_MFSPR:
            self.kvm.instructions += self.kvm.costs.of.c_hand_on
        exit.next_pc = exit.pc + 4
        if exit.op == OP_TLBWE:
            return self._tlbwe(exit)
        if exit.op == OP_MTSPR:
            return self._mtspr(exit)
        if not self.kvm.executes:
            return self._imitated(exit)
        if exit.op == OP_MFSPR:
            return self._mfspr(exit)
        if exit.op == OP_RFI:
            return self._return(exit, self.kvm.regs.srr0, self.kvm.regs.srr1)
        if exit.op == OP_MTMSR:
            return self._write_msr(exit, exit.value)
        if exit.op == OP_MFMSR:
            exit.has_result = 1
            exit.result = self.kvm.regs.msr
            return self._done(exit)
        if exit.op == OP_WRTEE:
            self.kvm.regs.msr = (self.kvm.regs.msr & ~<uint32_t>MSR_EE) | (exit.value & MSR_EE)
            return self._done(exit)
        if exit.op == OP_TLBSX:
            return self._tlbsx(exit)
        if exit.op == OP_TLBSYNC:
            return self._done(exit)
        if exit.op == OP_CACHE and exit.insn >> 1 & 1023 != XO_dccci:
            return self._done(exit)          # dcbi and iccci do nothing; dccci KVM does not know
        if exit.op == OP_MTDCR or exit.op == OP_MFDCR:
            return self._dcr(exit)
        if exit.op == OP_TRAP:
            return self._trap(exit)
        if exit.op == OP_RFCI and self.kvm.era.emulates >= EMULATES_3_6:
            return self._return(exit, self.kvm.regs.csrr0, self.kvm.regs.csrr1)
        return self._refuse(exit, FAILED_INSTRUCTION)

    cdef int _done(self, Exit *exit) noexcept nogil:
        self.emulated[exit.op] += 1
        return EMULATED

    cdef int _refuse(self, Exit *exit, int reason) noexcept nogil:
        exit.next_pc = exit.pc
        exit.failed = reason
        return REFUSED

    cdef int _imitated(self, Exit *exit) noexcept nogil:
        """What a reference stream tells of an instruction: rfi the PR to return to, mtmsr and wrtee EE and WE."""
        cdef uint32_t msr = self.kvm.regs.msr
        if exit.op == OP_RFI:
            return self.go_back(exit.value & 1)
        if exit.op == OP_MTMSR and exit.value:
            return self._write_msr(exit, (msr & ~<uint32_t>(MSR_EE | MSR_WE)) | (exit.value & (MSR_EE | MSR_WE)))
        elif exit.op == OP_WRTEE:
            self.kvm.regs.msr = (msr & ~<uint32_t>MSR_EE) | (exit.value & MSR_EE)
        elif exit.op == OP_TLBSX:
            return self._tlbsx(exit)
        elif exit.op == OP_MTDCR or exit.op == OP_MFDCR:
            return self._dcr(exit)
        return self._done(exit)

    cdef int go_back(self, bint to_user) noexcept nogil:
        """rfi of a reference stream's guest."""
        self.delivery.set_msr((self.kvm.regs.msr & ~<uint32_t>MSR_PR) | MSR_EE | (MSR_PR if to_user else 0))
        self.kvm.causes.returned()
        self.emulated[OP_RFI] += 1
        return EMULATED

    cdef int _write_msr(self, Exit *exit, uint32_t msr) noexcept nogil:
        self.delivery.set_msr(msr)
        self._done(exit)
        return WAITS if msr & MSR_WE else EMULATED

    cdef int _return(self, Exit *exit, uint32_t pc, uint32_t msr) noexcept nogil:
        exit.next_pc = pc
        self.delivery.set_msr(msr)
        self.kvm.causes.returned()
        self._done(exit)
        return WAITS if msr & MSR_WE else EMULATED

    cdef int _mtspr(self, Exit *exit) noexcept nogil:
        if exit.spr == SPR_OTHER and not self.kvm.executes:
            return self._done(exit)
        if not self.registers.write(exit.spr, exit.value) and self.kvm.executes:
            return self._refuse(exit, FAILED_WRITE)
        return self._done(exit)

    cdef int _mfspr(self, Exit *exit) noexcept nogil:
        if not self.registers.read(exit.spr, &exit.result):
            return self._refuse(exit, FAILED_READ)
        exit.has_result = 1
        return self._done(exit)

    cdef int _dcr(self, Exit *exit) noexcept nogil:
        """The pair of clock registers is KVM's (the host's value reads as 0 here); every other DCR is the VMM's.

        Before KVM noted that an access was a write, it put `run->dcr.data`, which is what was written, into the target
        of the last load.
        """
        cdef uint32_t extended = exit.insn >> 1 & 1023
        if self.kvm.executes and self.kvm.era.emulates < EMULATES_3_14 and (extended == XO_mfdcrx or extended == XO_mtdcrx):
            return self._refuse(exit, FAILED_INSTRUCTION)
        if exit.spr == DCR_CPR0_ADDRESS and exit.op == OP_MTDCR:
            self.kvm.regs.cpr0_address = exit.value
            return self._done(exit)
        if exit.op == OP_MFDCR and (exit.spr == DCR_CPR0_ADDRESS or exit.spr == DCR_CPR0_DATA):
            exit.has_result = 1
            exit.result = self.kvm.regs.cpr0_address if exit.spr == DCR_CPR0_ADDRESS else 0
            return self._done(exit)
        if exit.op == OP_MFDCR:
            self.kvm.regs.io_gpr = exit.insn >> 21 & 31
        elif self.kvm.executes and self.kvm.era.emulates < EMULATES_3_14:
            exit.returned_to = <int>self.kvm.regs.io_gpr
        return TO_USER_SPACE

    cdef int _trap(self, Exit *exit) noexcept nogil:
        """A trap of the guest's kernel: back to the guest. The register form came with 3.6."""
        if exit.insn >> 26 != PRIMARY_twi and self.kvm.era.emulates < EMULATES_3_6:
            return self._refuse(exit, FAILED_INSTRUCTION)
        exit.next_pc = exit.pc
        self.delivery.queue_syndrome(P_PROGRAM, 0, self.kvm.regs.esr | ESR_PTR)
        return self._done(exit)

    cdef int _tlbsx(self, Exit *exit) noexcept nogil:
        cdef int slot = self.kvm.guest_tlb.search((self.kvm.regs.mmucr & MMUCR_STS) != 0, self.kvm.stid, exit.ea)
        if slot < 0:
            self.kvm.instructions += self.kvm.costs.of.search_entry * self.kvm.guest_tlb.entries
        else:
            self.kvm.instructions += self.kvm.costs.of.search_entry * slot + self.kvm.costs.of.search_hit
        exit.has_result = 1
        exit.result = <uint32_t>slot
        exit.found = slot >= 0
        return self._done(exit)

    cdef int _tlbwe(self, Exit *exit) noexcept nogil:
        """One word of a guest entry."""
        cdef int slot = exit.slot
        cdef int past = self.kvm.guest_tlb.entries
        if slot == past and self.kvm.era.index_bug:
            return self._refuse(exit, FAILED_INDEX_BUG)
        if slot < 0 or slot >= past:
            return self._refuse(exit, FAILED_INDEX)
        self.kvm.instructions += self.kvm.costs.of.c_tlbwe
        if not 0 <= exit.word <= 2:
            if self.kvm.guest_tlb.w0[slot] & W0_VALID:
                self.scheme.invalidate(slot)
            return self._refuse(exit, FAILED_WORD)
        self.write(slot, exit.word, exit.value, NULL)
        return self._done(exit)

    cdef void write(self, int slot, int word, uint32_t value, const uint16_t *until) noexcept nogil:
        """What KVM does for a tlbwe: whenever the entry is usable then, its first host page is mapped at once.

        `until`: if not NULL, the next thing that happens is the next tlbwe to this entry, as long as the page of this
        cell is held.
        """
        if self.kvm.guest_tlb.w0[slot] & W0_VALID:
            self.scheme.invalidate(slot)
        self.kvm.guest_tlb.write_word(slot, word, value, self.kvm.stid)
        self.kvm.causes.written(slot)
        self._map_first_page(slot, until)

    cdef inline void _map_first_page(self, int slot, const uint16_t *until) noexcept nogil:
        """The eager map: of an entry that is valid, for the current address space, and in RAM."""
        cdef uint32_t word0 = self.kvm.guest_tlb.w0[slot]
        cdef uint32_t mask = size_mask(word0)
        cdef Mapping wanted
        if not word0 & W0_VALID or mask == 0 or (word0 & W0_TS != 0) != (self.kvm.regs.msr & MSR_IS != 0):
            return
        wanted.gpa = self.kvm.guest_tlb.w1[slot] & mask
        if wanted.gpa >= self.kvm.guest_memory or self.kvm.guest_tlb.w1[slot] & 15:
            return
        wanted.ea = word0 & mask
        wanted.guest_bytes = ~mask + 1
        wanted.word2 = self.kvm.guest_tlb.w2[slot]
        wanted.guest_tid = self.kvm.guest_tlb.tid[slot]
        wanted.guest_index = slot
        self.eager_maps += 1
        if wanted.guest_tid != 0 and wanted.guest_tid != self.kvm.pid:
            self.eager_other_tid += 1
        if until == NULL:
            self.scheme.map_eagerly(&wanted)
        else:
            self.scheme.map_briefly(&wanted, until)

    cdef int _state(self, State state) except -1:
        """Its part of the host's list of state."""
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the host's list of statistics."""
        state.counters("emulation.emulated", self.emulated, OPERATIONS)
        state.counter("emulation.eager_maps", &self.eager_maps)
        return state.counter("emulation.eager_other_tid", &self.eager_other_tid)
