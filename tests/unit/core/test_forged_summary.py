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


@pytest.mark.parametrize("number", range(8))
def test_a_forged_summary_leads_nowhere(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums and pages of every block are noise; the places of the pages, which are checked, stay."""
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
    case = draw("native" if number < 4 else "e4", Random(number))
    streams = [[(page, data, kind, max(n, 1), 0) for page, data, kind, n, _ in stream] for stream in case.streams]
    machine = real_machine.RealMachine(case.params, streams, case.vmm, case.tasks, case.connect, shift=1)
    assert machine.run(3000) in {"limit", "end", "watchdog", "failed"}
