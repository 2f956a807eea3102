# SPDX-License-Identifier: BSD-3-Clause
"""32-bit arithmetic and the fields of an instruction word. Bit numbers are IBM's: bit 0 is the most significant."""

from __future__ import annotations

WORD = 0xFFFFFFFF


def u32(value: int) -> int:
    return value & WORD


def signed(value: int, bits: int = 32) -> int:
    """The value of the low `bits` bits in two's complement."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def rotate_left(value: int, count: int) -> int:
    count &= 31
    return u32(value << count | value >> (32 - count))


def mask(begin: int, end: int) -> int:
    """Ones from bit `begin` to bit `end`; past bit 31 and round to 0 when begin > end."""
    bits = 0
    position = begin
    while True:
        bits |= 1 << (31 - position)
        if position == end:
            return bits
        position = (position + 1) % 32


class Fields:
    """One instruction word, taken apart."""

    def __init__(self, raw: int) -> None:
        self.raw = raw
        self.primary = self.bits(0, 5)
        self.extended = self.bits(21, 30)
        self.rt = self.rs = self.to = self.bo = self.bits(6, 10)
        self.ra = self.bi = self.bits(11, 15)
        self.rb = self.sh = self.nb = self.bits(16, 20)
        self.ws = self.rb
        self.si = signed(self.bits(16, 31), 16)
        self.ui = self.bits(16, 31)
        self.mb = self.bits(21, 25)
        self.me = self.bits(26, 30)
        self.bc = self.bits(21, 25)
        self.crf = self.bits(6, 8)
        self.crf_source = self.bits(11, 13)
        self.fxm = self.bits(12, 19)
        self.ten = self.bits(16, 20) << 5 | self.bits(11, 15)
        self.aa = bool(self.bits(30, 30))
        self.lk = self.rc = bool(self.bits(31, 31))
        self.oe = bool(self.bits(21, 21))
        self.displacement = signed(self.bits(16, 29) << 2, 16)
        self.far = signed(self.bits(6, 29) << 2, 26)

    def bits(self, first: int, last: int) -> int:
        return self.raw >> (31 - last) & ((1 << (last - first + 1)) - 1)
