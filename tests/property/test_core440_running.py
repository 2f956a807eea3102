# SPDX-License-Identifier: BSD-3-Clause
"""Running is the same as stepping: the fast engine against the one that looks after every instruction."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.helpers.running440 import build

PAUSED = 0
SEEDS_A_GROUP = 10


@pytest.mark.parametrize("group", range(6))
def test_running_in_pieces_is_stepping(group: int) -> None:
    total = 0
    for seed in range(group * SEEDS_A_GROUP, (group + 1) * SEEDS_A_GROUP):
        total += compare(seed, pieces=6)
    assert total > 20_000, "the programs ended early"


def compare(seed: int, pieces: int) -> int:
    """Run one copy by events and step the other; both must be in the same state after each piece."""
    run, step = build(seed).core, build(seed).core
    rng = random.Random(seed)
    for _ in range(pieces):
        reason, payload = run.advance(rng.choice((1, 7, 300, 3000, 8000)), -1)
        ended, last = PAUSED, dict[str, Any]()
        while step.instructions() < run.instructions() and ended == PAUSED:
            ended, last = step.step(1)
        if reason != PAUSED and ended == PAUSED:
            ended, last = step.step(1)
        assert (reason, outcome(payload)) == (ended, outcome(last)), f"seed {seed}"
        assert run.registers() == step.registers(), f"seed {seed} after {run.instructions()} instructions"
        assert run.digest() == step.digest(), f"seed {seed} after {run.instructions()} instructions"
        assert run.read_stats() == step.read_stats(), f"seed {seed} after {run.instructions()} instructions"
        if reason != PAUSED:
            break
    return run.instructions()


def outcome(payload: dict[str, Any]) -> Any:
    return payload.get("message", payload.get("reason"))
