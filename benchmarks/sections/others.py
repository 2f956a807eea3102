# SPDX-License-Identifier: BSD-3-Clause
"""Simulators of others, and plain Python: on look-ups that are expanded into a list beforehand, or with a program."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

from benchmarks import peers
from benchmarks.cost import told
from benchmarks.fast import NAIVE
from benchmarks.machines import PINNED, build
from benchmarks.row import Cost, Row, Section, timed
from benchmarks.sections.streams import BARE, running
from benchmarks.setting import Setting
from simobjects.boards import ENTRIES
from simobjects.traces.shipped import resolve

SLOTS = ENTRIES - PINNED
AS_TLB = f"{ENTRIES * 4096},{ENTRIES},4096"
"""Of cachegrind: bytes, ways, bytes of a line. One set of 64 lines of a page each is a TLB, least recently used out."""
CACHEGRIND = [
    "valgrind", "--tool=cachegrind", "--cache-sim=yes", f"--I1={AS_TLB}", f"--D1={AS_TLB}", f"--LL={AS_TLB}",
    "--cachegrind-out-file=/dev/null", "gzip", "-6", "-c", str(resolve("sqlite")),
]  # fmt: skip
REFS = re.compile(r"^==\d+== [ID] +refs: +([\d,]+)", re.MULTILINE)


def other_sections(setting: Setting) -> list[Section]:
    """One section; the rows that simulate the same policy count the same misses."""
    sample = setting.part()
    naive = setting.naive(sample)
    trace = setting.traces[0]
    pages = list(sample.pages())
    addresses = [page << 12 for page in pages]

    def counting(count: Callable[[list[int], int], int], given: list[int]) -> Callable[[], Cost]:
        return timed(lambda: lambda: count(given, SLOTS))

    here = peers.has_pycachesim()
    valgrind = shutil.which("valgrind") is not None
    rows = [
        Row(NAIVE, "C, the same scan as above", timed(lambda: lambda: naive.textbook(ENTRIES, PINNED)), agrees=True),
        Row(BARE, "the bare machine", running(sample, lambda: build("native", trace, io_every=0)), agrees=True),
        Row("Python set and ring", "plain Python", counting(peers.python_set, pages), agrees=True),
        Row("Python dict", "plain Python that also counts by page", counting(peers.python_dict, pages), agrees=True),
        Row("pycachesim", f"PyPI: 1 set, {SLOTS} ways, lines of 4 KiB, FIFO; all addresses in one call",
            counting(peers.pycachesim, addresses) if here else None, missing="pip install pycachesim", agrees=True),
        Row("cachegrind", f"Valgrind as two TLBs of {ENTRIES} (--I1, --D1 and --LL={AS_TLB}), LRU; executes gzip",
            cachegrind if valgrind else None, missing="apt-get install valgrind"),
    ]  # fmt: skip
    intro = (
        f"The first {sample.references:,} look-ups of {trace}. Rates of cachegrind are of another program's references."
    )
    return [Section("others", "Simulators of others", intro, rows, (NAIVE,), sample.references / 1e6, "M look-ups")]


def cachegrind() -> Cost:
    """Valgrind's CPU time, start-up and execution included; the work is the references that it says it has seen."""
    seconds, _, messages = told(CACHEGRIND)
    counts = [int(count.replace(",", "")) for count in REFS.findall(messages)]
    assert len(counts) == 2, messages[-500:]
    return Cost(seconds, None, sum(counts) / 1e6)
