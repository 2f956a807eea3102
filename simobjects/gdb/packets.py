# SPDX-License-Identifier: BSD-3-Clause
"""Packets of gdb's remote protocol: `$payload#checksum`, with `}` as escape; nothing about their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

LARGEST = 0x4000
"""Bytes of a payload, as announced to gdb; a longer one is refused without being kept."""

_ESCAPE = 0x7D
_SPECIAL = b"$#}*"


class Signal(Enum):
    """What comes between packets."""

    INTERRUPT = "Ctrl-C"
    RESEND = "a negative acknowledgement"
    DAMAGED = "a packet with a wrong checksum, or too long a one"


@dataclass(frozen=True, slots=True)
class Packet:
    """The payload of a packet, with escapes resolved."""

    payload: bytes


def checksum(payload: bytes | bytearray) -> int:
    """The sum of the bytes as they are sent, modulo 256: that of `OK` is 0x9a."""
    return sum(payload) & 0xFF


def frame(payload: bytes) -> bytes:
    """A packet ready to be sent: `frame(b"OK")` is `$OK#9a`.

    Bytes that the protocol uses itself (`$`, `#`, `}`, `*`) are escaped: `}` and the byte with bit 0x20 turned over.
    """
    sent = bytearray()
    for byte in payload:
        sent += bytes((_ESCAPE, byte ^ 0x20)) if byte in _SPECIAL else bytes((byte,))
    return b"$%s#%02x" % (sent, checksum(sent))


class Reader:
    """Packets and signals out of a stream of bytes that comes in any pieces. It keeps at most one packet.

    Bytes outside of packets that mean nothing are passed over. A `$` within a payload begins a new packet.
    """

    def __init__(self) -> None:
        self._body: bytearray | None = None
        self._sum: bytearray | None = None
        self._too_long = False

    def feed(self, data: bytes) -> Iterator[Packet | Signal]:
        """What `data` completes, in order.

        A packet whose checksum is wrong, or that is longer than `LARGEST`, is a `Signal.DAMAGED` in its place.
        """
        for byte in data:
            found = self._take(byte)
            if found is not None:
                yield found

    def _take(self, byte: int) -> Packet | Signal | None:
        if self._sum is not None:
            return self._take_sum(byte)
        if byte == 0x24:  # "$": a packet begins, also when one was cut short
            self._body, self._too_long = bytearray(), False
        elif self._body is None:
            return {0x03: Signal.INTERRUPT, 0x2D: Signal.RESEND}.get(byte)
        elif byte == 0x23:  # "#"
            self._sum = bytearray()
        elif len(self._body) < LARGEST:
            self._body.append(byte)
        else:
            self._too_long = True
        return None

    def _take_sum(self, byte: int) -> Packet | Signal | None:
        assert self._sum is not None
        assert self._body is not None
        self._sum.append(byte)
        if len(self._sum) < 2:
            return None
        body, digits = bytes(self._body), bytes(self._sum)
        self._body = self._sum = None
        if self._too_long or not _is(digits, checksum(body)):
            return Signal.DAMAGED
        return Packet(_unescape(body))


def _is(digits: bytes, value: int) -> bool:
    return digits.lower() == b"%02x" % value


def _unescape(body: bytes) -> bytes:
    if _ESCAPE not in body:
        return body
    out = bytearray()
    escaped = False
    for byte in body:
        if escaped:
            out.append(byte ^ 0x20)
            escaped = False
        elif byte == _ESCAPE:
            escaped = True
        else:
            out.append(byte)
    return bytes(out)
