# SPDX-License-Identifier: BSD-3-Clause
"""RAM: what is written is read back, and nothing outside of it is touched."""

from __future__ import annotations

import pytest

from simobjects.cext.board.memory import Memory


def test_memory_begins_as_zeros_and_keeps_what_is_written() -> None:
    memory = Memory(1 << 20)
    assert memory.read(0, 1 << 20) == bytes(1 << 20)
    memory.write(0x1234, b"\x11\x22\x33\x44")
    assert memory.read(0x1232, 8) == b"\0\0\x11\x22\x33\x44\0\0"
    assert memory.used_pages() == [1]
    memory.zero(0x1235, 2)
    assert memory.read(0x1234, 4) == b"\x11\0\0\x44"


def test_the_last_byte_is_inside_and_the_next_is_not() -> None:
    memory = Memory(8192)
    memory.write(8191, b"x")
    assert memory.read(8191, 1) == b"x"
    assert memory.read(8192, 0) == b""
    with pytest.raises(ValueError, match="physical 0x1fff to 0x2001: memory ends at 0x2000"):
        memory.read(8191, 2)
    with pytest.raises(ValueError, match="memory ends at 0x2000"):
        memory.write(8190, b"abc")
    assert memory.read(8190, 2) == b"\0x", "nothing of a write that does not fit is done"
    with pytest.raises(ValueError, match="memory ends"):
        memory.zero(2**64 - 4096, 8192)


@pytest.mark.parametrize("size", [0, 100, 4097, 2**32 + 4096])
def test_a_size_that_is_not_whole_pages_up_to_4_gib_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="expected a multiple of 4096, at most 4 GiB"):
        Memory(size)


def test_a_large_memory_costs_nothing_until_it_is_used() -> None:
    memory = Memory(1 << 32)
    memory.write((1 << 32) - 4, b"last")
    assert memory.read((1 << 32) - 4, 4) == b"last"


def test_a_memory_is_saved_by_its_used_pages() -> None:
    memory, other = Memory(1 << 20), Memory(1 << 20)
    memory.write(0x3FFE, b"abcd")
    other.write(0x8000, b"gone")
    state = memory.save()
    assert len(bytes(state["data"])) == 2 * 4096
    other.restore(state)
    assert other.read(0, 1 << 20) == memory.read(0, 1 << 20)


@pytest.mark.parametrize("wrong", [{"size": 4096}, {"pages": b"123"}, {"data": b""}, {"pages": b"\xff" * 4}])
def test_a_state_of_another_memory_is_refused(wrong: dict[str, int | bytes]) -> None:
    memory = Memory(1 << 20)
    memory.write(0, b"kept")
    state = memory.save()
    with pytest.raises(ValueError, match="memory of 1048576 bytes"):
        memory.restore({**state, **wrong})
    assert memory.read(0, 4) == b"kept"
