# SPDX-License-Identifier: BSD-3-Clause
"""A summary that says other things than the records: wrong results, but nothing outside of the columns is read."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from simobjects.cext.traces import blocks
from simobjects.traces.columns import Columns
from tests.helpers import real_machine
from tests.helpers.random_machines import draw


@pytest.mark.parametrize("number", range(16))
def test_a_forged_summary_leads_nowhere(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums and pages of every block are noise; the places of the pages, which are checked, stay. From 8 on the machine
    takes misses within the pass."""
    random = np.random.RandomState(number)

    def forged(*columns: np.ndarray[tuple[int], np.dtype[np.uint32]], shift: int) -> bytes:
        words = np.frombuffer(blocks.words_of(*Columns._make(columns), shift=shift), np.uint32).copy()
        levels, at = int(words[1]), 4 + 2 * int(words[1])
        for level in range(levels):
            count, pages = int(words[4 + 2 * level]) + 1, int(words[5 + 2 * level])
            block = words[at : at + 4 * count].reshape(-1, 4)
            block[:, :3] = random.choice([0, 1, 7, 1000, 2**32 - 1], (count, 3)).astype(np.uint32)
            at += 4 * count
            words[at : at + pages] = random.randint(0, 2**32, pages, np.uint32)
            if number % 2:
                words[at : at + pages] = random.choice(columns[0])
            at += pages
        return words.tobytes()

    monkeypatch.setattr(real_machine, "words_of", forged)
    case = draw("e4" if 4 <= number < 8 else "native", Random(number))
    params, connect = case.params, case.connect
    if number >= 8:
        params = params | {name: 0 for name in params if name.endswith("_every") or name.startswith("micro_")}
        params, connect = params | {"n": number, "guest_page": 4096, "watchdog": 1000, "era": "2.6.29"}, {}
    streams = [[(page, data, kind, max(n, 1), number // 8) for page, data, kind, n, _ in s] for s in case.streams]
    machine = real_machine.RealMachine(params, streams, case.vmm, case.tasks, connect, shift=1)
    assert machine.run(3000) in {"limit", "end", "watchdog", "failed"}
