# SPDX-License-Identifier: BSD-3-Clause
"""Packets of the remote protocol: framing, checksums, escapes, and streams that nobody meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simobjects.gdb.packets import LARGEST, Packet, Reader, Signal, checksum, frame


def read(data: bytes) -> list[Packet | Signal]:
    return list(Reader().feed(data))


def test_a_packet_has_a_checksum() -> None:
    assert frame(b"OK") == b"$OK#9a"
    assert read(b"$g#67") == [Packet(b"g")]


def test_a_wrong_checksum_is_told() -> None:
    assert read(b"$g#68$g#67") == [Signal.DAMAGED, Packet(b"g")]
    assert read(b"$g#zz") == [Signal.DAMAGED]


def test_interrupt_and_resend_stand_between_packets() -> None:
    assert read(b"+\x03$g#67-") == [Signal.INTERRUPT, Packet(b"g"), Signal.RESEND]


def test_an_interrupt_byte_within_a_packet_is_data() -> None:
    assert read(frame(b"X0,1:\x03")) == [Packet(b"X0,1:\x03")]


def test_too_long_a_packet_is_refused_and_the_next_one_read() -> None:
    body = b"a" * (LARGEST + 1)
    assert read(b"$" + body + b"#%02x" % checksum(body) + b"$g#67") == [Signal.DAMAGED, Packet(b"g")]


@given(st.binary(max_size=200), st.integers(1, 7))
def test_any_payload_survives_in_any_pieces(payload: bytes, piece: int) -> None:
    sent = frame(payload)
    reader = Reader()
    got = [item for at in range(0, len(sent), piece) for item in reader.feed(sent[at : at + piece])]
    assert got == [Packet(payload)]


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    reader = Reader()
    list(reader.feed(data))
    last = list(reader.feed(b"##00" + frame(b"g")))[-1]
    assert last == Packet(b"g")
