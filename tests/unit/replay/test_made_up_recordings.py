# SPDX-License-Identifier: BSD-3-Clause
"""Records that no shipped program leaves, replayed on the bare machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simobjects import CostModel
from simobjects.cext.core.tlb import TLB
from simobjects.cext.replay.replay_core import ReplayCore
from simobjects.cext.traces.recorded import RecordedStream
from simobjects.framework import StopReason
from simobjects.isa.arch import W0, W2
from simobjects.traces.columns import DTYPES, KIND

CODE, DATA, DEVICE = 0x10, 0x20, 0x30
"""Pages."""
WITH_FETCH = 4
EVERYTHING = W2.SR | W2.SW | W2.SX

Record = tuple[int, int, int, int, int]


def replay(
    records: list[Record], permissions: dict[int, int], cycles: int = -1
) -> tuple[tuple[int, dict[str, Any]], ReplayCore]:
    """How the replay of these records ends, when the kernel has these pages."""
    stream = RecordedStream(
        *(np.array(part, dtype) for part, dtype in zip(zip(*records, strict=True), DTYPES.values(), strict=True))
    )
    tlb, core = TLB(8), ReplayCore()
    for slot, (page, permitted) in enumerate(permissions.items()):
        tlb.write_all(slot, page << 12 | W0.VALID | 0x10, page << 12, permitted)
    core.connect(tlb, CostModel().make_peer(), stream)
    return core.advance(-1, cycles), core


@pytest.mark.parametrize("kind", [KIND.LOAD, KIND.READ, KIND.ALONG_READ])
def test_a_look_up_for_reading_needs_a_page_that_can_be_read(kind: int) -> None:
    """Also when its page is known already, from fetches that it permits."""
    found, core = replay([(CODE, CODE, kind, 1, 3)], {CODE: W2.SX})
    assert found[0] == StopReason.FAILED
    assert core.instructions() == 2
    found, core = replay([(CODE, DATA, kind, 2, 6)], {CODE: W2.SX, DATA: W2.SR})
    assert found[0] == StopReason.END_OF_WORKLOAD
    assert core.instructions() == 6


@pytest.mark.parametrize("fetches", [0, 3])
def test_what_follows_the_device_part_of_an_access_is_of_its_instruction(fetches: int) -> None:
    """A load of words that begins in a device and ends in memory is one instruction, whatever comes after it."""
    records = [
        (CODE << 12, DEVICE << 12, KIND.DEVICE, WITH_FETCH, 0),
        (CODE, DATA, KIND.LOAD, 1, 0),
        (CODE, 0, KIND.LOAD, 0, fetches),
    ]
    pages = {CODE: EVERYTHING, DATA: EVERYTHING, DEVICE: EVERYTHING}
    found, core = replay(records[: 3 if fetches else 2], pages)
    assert found[0] == StopReason.END_OF_WORKLOAD
    stats = core.read_stats()
    assert (stats["instructions"], stats["loads"]) == (1 + fetches, 2)
    assert core.references() == core.total_references()


def test_waits_without_end_stay_within_the_limit_and_within_time() -> None:
    longest = (0, 0xFFFF_FFFF, KIND.IDLE, 0, 0xF_FFFF)
    found, core = replay([*[longest] * 3000, (CODE, 0, KIND.LOAD, 0, 5)], {CODE: W2.SX}, cycles=1000)
    assert (found[0], core.read_stats()["time"]) == (StopReason.LIMIT, 2**52 - 1)
    assert core.advance(-1, -1)[0] == StopReason.END_OF_WORKLOAD
    assert (core.instructions(), core.read_stats()["time"]) == (5, 2**60 + 5000)
