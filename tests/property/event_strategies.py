# SPDX-License-Identifier: BSD-3-Clause
"""Hypothesis strategies for single events of a virtual machine: what a guest and its host may do at any time.

Addresses are few and close, so that entries of all sizes overlap, meet the same slots, and lie at the end of RAM.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.property.machine_strategies import MachineCase, machines
from tests.reference.tlb import SPACE, VALID

Event = tuple[Any, ...]

USER_PAGES = (0x2000_0000, 0x2000_1000, 0x2000_5000, 0x2000_F000, 0x2001_0000, 0x200F_F000, 0x2010_0000, 0x3000_0000)
KERNEL_PAGES = (0xC000_0000, 0xC000_3000, 0xC001_0000, 0xCFFF_F000, 0xD100_0000)
HOST_PAGES = (0x2000_0000, 0x2000_1000, 0x4000_0000, 0x4001_0000)
REAL_PAGES = (0x20_0000, 0x20_1000, 0x20_4000, 0x21_0000, 0x30_0000, 0x3FF_F000, 0x400_0000, 0xEF60_0000)
"""Guest physical; RAM ends at 64 MiB."""
SIZES = (0, 1, 1, 1, 1, 2, 3, 4, 5, 7)

words0 = st.builds(
    lambda ea, size, valid, space: ea | size << 4 | valid | space,
    st.sampled_from(USER_PAGES),
    st.sampled_from(SIZES),
    st.sampled_from((VALID, VALID, VALID, VALID, 0)),
    st.sampled_from((0, 0, 0, 0, 0, 0, SPACE)),
)
words1 = st.sampled_from(REAL_PAGES)
words2 = st.integers(0, 0xFFBF) | st.sampled_from((0x3F, 0x2D))
words = st.tuples(words0, words1, words2)
# A user's access through a TID-0 entry never hits in most schemes and ends the run, so there are few of them.
tids = st.sampled_from((1, 1, 1, 1, 1, 2, 2, 2, 3, 255, 0))
pids = st.sampled_from((1, 1, 2, 2, 3, 0, 255))
guest_slots = st.integers(0, 63)
host_pids = st.sampled_from((0, 1, 2, 3))
orders = st.sampled_from(((1, 0, 2), (0, 1, 2), (1, 2, 0)))
present = st.sampled_from((True, True, True, False))
host_touches = st.tuples(st.just("host touch"), host_pids, st.sampled_from(HOST_PAGES), st.booleans(), present)

events: st.SearchStrategy[Event] = st.one_of(
    st.tuples(st.just("touch"), st.sampled_from(USER_PAGES), st.integers(0, 0xFFF), st.integers(0, 2)),
    st.tuples(st.just("touch"), st.sampled_from(USER_PAGES), st.just(0), st.integers(0, 2)),
    st.tuples(st.just("kernel touch"), st.sampled_from(KERNEL_PAGES), st.just(0), st.integers(0, 1)),
    st.tuples(st.just("entry"), guest_slots, words, tids, orders),
    st.tuples(st.just("word"), guest_slots, st.integers(0, 2), words, tids),
    st.tuples(st.just("pid"), pids),
    st.tuples(st.just("privilege"), st.booleans()),
    st.tuples(st.just("privilege"), st.booleans()),
    st.tuples(st.sampled_from(("mfspr", "mtmsr", "system call"))),
    host_touches,
    host_touches,
    st.tuples(st.just("away"), st.lists(host_touches, max_size=3)),
    st.tuples(st.sampled_from(("put", "load", "enter", "flush all"))),
    st.tuples(st.just("flush page"), host_pids, st.sampled_from(HOST_PAGES)),
    st.tuples(st.just("index"), st.integers(0, 63)),
)


@st.composite
def played(draw: st.DrawFn, scheme: str) -> tuple[MachineCase, list[Event]]:
    """A machine whose guest runs nothing of its own, and what is done to it."""
    case = draw(machines(modes=(scheme,), idle=[(0x10000, 0, 0, 0, 1)]))
    params = {**case.params, "quantum": 0, "io_every": 0, "watchdog": 20}
    length = draw(st.sampled_from((0, 10, 30)))
    found = draw(st.lists(events, min_size=length, max_size=length + 10))
    return replace(case, params=params), [("warm", draw(st.integers(0, 6))), *found]
