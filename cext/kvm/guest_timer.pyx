# SPDX-License-Identifier: BSD-3-Clause
"""mtspr DEC, TCR, TSR of a guest: a timer of the host's is armed, and its expiry queues the decrementer interrupt."""


from simobjects.cext.arch.arch440 cimport FOREVER, TCR_ARE, TCR_DIE, TCR_WRC, TSR_DIS
from simobjects.cext.kvm.vcpu cimport DIS_AT_EXPIRY, EMULATES_3_14, EMULATES_3_6, P_DECREMENTER


cdef class GuestTimer:
    def __init__(self, KvmState kvm not None, Delivery delivery not None, int64_t period, int64_t timebase):
        """`period`: 1/1000 cycle between ticks of the host; `timebase`: 1/1000 cycle for a tick of the timebase."""
        self.kvm = kvm
        self.delivery = delivery
        self.period = period
        self.timebase = timebase
        self.due = FOREVER
        self.ticks_in = -1

    cdef uint64_t now(self) noexcept nogil:
        """The timebase."""
        return self.kvm.core.time // self.timebase

    cdef int64_t interrupts_at(self) noexcept nogil:
        """When the host is interrupted for it: a timer by jiffies waits for the tick that comes anyhow."""
        return self.due if self.kvm.era.exact_timer else FOREVER

    cdef bint wakes(self) noexcept nogil:
        """Whether it will ever make the guest's interrupt pending. From 3.4 on it runs with the interrupt off too."""
        return self.due != FOREVER and (self.kvm.era.dis != DIS_AT_EXPIRY or self.kvm.regs.tcr & TCR_DIE)

    cdef bint poll(self) noexcept nogil:
        """Expire when due; True when the guest's interrupt became pending."""
        cdef bint was = self.kvm.regs.pending >> P_DECREMENTER & 1
        if self.kvm.core.time < self.due:
            return False
        self.due = FOREVER
        self.expiries += 1
        if self.kvm.era.dis != DIS_AT_EXPIRY:
            self.delivery.queue(P_DECREMENTER)
            return not was
        if self.kvm.regs.tcr & TCR_ARE:
            self.kvm.regs.dec = self.kvm.regs.decar
            self._arm()
        self.kvm.regs.tsr |= TSR_DIS
        self._level()
        return not was and self.kvm.regs.pending >> P_DECREMENTER & 1

    cdef void expire(self) noexcept nogil:
        """The interrupt comes now, whenever it would have: that of a guest that is replayed."""
        if not self.kvm.regs.pending >> P_DECREMENTER & 1:
            self.due = self.kvm.core.time
            self.poll()

    cdef void _level(self) noexcept nogil:
        """From 3.4 on the interrupt is pending while TSR[DIS] and TCR[DIE] are set."""
        if self.kvm.regs.tcr & TCR_DIE and self.kvm.regs.tsr & TSR_DIS:
            self.kvm.regs.pending |= <uint32_t>1 << P_DECREMENTER
        else:
            self.kvm.regs.pending &= ~(<uint32_t>1 << P_DECREMENTER)

    cdef void _arm(self) noexcept nogil:
        """Start the host's timer with the value of DEC, or stop it when the guest has the interrupt off."""
        cdef int64_t now = self.kvm.core.time
        cdef int64_t jiffies
        self.due = FOREVER
        self.kvm.regs.dec_written = now
        if self.kvm.era.dis == DIS_AT_EXPIRY:
            if self.kvm.regs.dec == 0:
                return
        elif not self.kvm.regs.tcr & TCR_DIE:
            return
        if self.kvm.era.exact_timer:
            self.due = now + <int64_t>self.kvm.regs.dec * self.timebase
            return
        # A timer for the current jiffy runs at the next tick.
        jiffies = <int64_t>self.kvm.regs.dec * self.timebase // self.period
        self.due = (now // self.period + (jiffies if jiffies > 1 else 1)) * self.period

    cdef void write_dec(self, uint32_t value) noexcept nogil:
        self.kvm.regs.dec = value
        if self.kvm.era.dec_clears:
            self.kvm.regs.pending &= ~(<uint32_t>1 << P_DECREMENTER)
        self._arm()

    cdef void write_tcr(self, uint32_t value) noexcept nogil:
        if self.kvm.era.emulates >= EMULATES_3_14 and self.kvm.regs.tcr & TCR_WRC:
            value = (value & ~<uint32_t>TCR_WRC) | (self.kvm.regs.tcr & TCR_WRC)     # once set it stays
        self.kvm.regs.tcr = value
        if self.kvm.era.dis == DIS_AT_EXPIRY:
            self._level()
        else:
            self._arm()

    cdef void clear_tsr(self, uint32_t bits) noexcept nogil:
        self.kvm.regs.tsr &= ~bits
        if self.kvm.era.dis == DIS_AT_EXPIRY:
            self._level()

    cdef void window(self, bint opens, uint32_t number) noexcept nogil:
        """A window of the guest's begins or ends: the VMM writes TCR, as the guest itself would."""
        if opens:
            self.held = self.kvm.regs.tcr & TCR_DIE if self.holds and <int64_t>number != self.ticks_in else 0
            if self.held:
                self.write_tcr(self.kvm.regs.tcr & ~<uint32_t>TCR_DIE)
        elif self.held:
            self.held = 0
            self.write_tcr(self.kvm.regs.tcr | TCR_DIE)

    cdef uint32_t read_dec(self) noexcept nogil:
        """mfspr DEC, which KVM has from 2.6.33 on."""
        cdef int64_t gone = (self.kvm.core.time - self.kvm.regs.dec_written) // self.timebase
        if self.kvm.era.emulates >= EMULATES_3_6 and gone > <int64_t>self.kvm.regs.dec:
            return 0
        return self.kvm.regs.dec - <uint32_t>gone

    cdef int _state(self, State state) except -1:
        """Its part of the host's list of state."""
        cdef bint held = self.held != 0
        state.moment("timer.due", &self.due)
        state.flag("timer.held", &held)
        self.held = TCR_DIE if held else 0
        return state.number("timer.expiries", &self.expiries)
