# SPDX-License-Identifier: BSD-3-Clause
"""Many random sequences from one seed, run on two machines; the first difference is found to the instruction."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.differential import generate, image, layout, records
from tests.differential.image import Row
from tests.differential.records import COLUMN, FIELDS, Difference
from tests.differential.writer import BASES

# Runs an image (the second path is a folder to work in) and returns the guest's memory.
Machine = Callable[[Path, Path], np.ndarray]


@dataclass(frozen=True)
class Campaign:
    """Which sequences (`seed`, `count`) run how often (`rounds`), each time from other register values and data."""

    seed: int
    count: int
    rounds: int = 1
    hashed: int = layout.DATA_BYTES
    hardware: bool = False
    """Also what QEMU does otherwise than the hardware."""

    def recipe(self, number: int) -> tuple[int, bool, int, int]:
        """Of one sequence: its own seed, user mode or not, its first register set, the seed of its data."""
        rng = random.Random(self.seed * 1_000_003 + number)
        return rng.getrandbits(64), rng.random() < 0.4, rng.randrange(image.SETS), rng.getrandbits(32)

    def row(self, number: int, ea: int) -> Row:
        """Sequence `number`, to lie at `ea`."""
        seed, user, first_set, data = self.recipe(number)
        words = generate.sequence(random.Random(seed), ea, user=user, hardware=self.hardware)
        return Row(ea, tuple(words), image.USER if user else image.SUPERVISOR, first_set, data)

    def rows(self) -> list[Row]:
        ea, rows = layout.FIRST_EA, []
        for number in range(self.count):
            rows.append(self.row(number, ea))
            ea += 4 * len(rows[-1].words) + 4
        return rows

    def rows_before(self, number: int) -> int:
        """The address of sequence `number` in the campaign's image."""
        return layout.FIRST_EA + sum(4 * len(self.row(earlier, layout.FIRST_EA).words) + 4 for earlier in range(number))

    def sets(self) -> list[list[int]]:
        return image.register_sets(random.Random(self.seed), BASES)


@dataclass(frozen=True)
class Culprit:
    """The first instruction of a sequence after which two machines differ."""

    campaign: Campaign
    sequence: int
    round: int
    index: int
    word: int
    before: dict[str, int]
    difference: Difference

    def __str__(self) -> str:
        state = " ".join(f"{name}={value:08x}" for name, value in self.before.items())
        return (
            f"seed {self.campaign.seed}, sequence {self.sequence} of {self.campaign.count}, round {self.round}: "
            f"instruction {self.index}, {self.word:#010x}\n  before: {state}\n  after: {self.difference}"
        )


def run(campaign: Campaign, ours: Machine, theirs: Machine, work: Path) -> tuple[Difference | None, np.ndarray]:
    """Runs the campaign on both; the first difference, and our records."""
    elf = image.build(
        work / f"campaign-{campaign.seed}.elf",
        campaign.rows(),
        campaign.sets(),
        rounds=campaign.rounds,
        hashed=campaign.hashed,
    )
    memories = ours(elf, work), theirs(elf, work)
    logs = [records.comparable(records.read(memory), memory) for memory in memories]
    found = records.first_difference(*logs)
    if found is None:
        where = records.memory_difference(*memories)
        if where is not None:
            values = int(memories[0][where]), int(memories[1][where])
            found = Difference(len(logs[0]), -1, {f"memory at {where:#x}": values})
    return found, logs[0]


def bisect(campaign: Campaign, run_number: int, ours: Machine, theirs: Machine, work: Path) -> Culprit | None:
    """All beginnings of the run's sequence in one image, with the data window in every record.

    The copies lie a page apart, so each has the page offset of the original. None: the difference needs more than this
    sequence to show.
    """
    round_, number = divmod(run_number, campaign.count)
    ea = campaign.rows_before(number)
    original = campaign.row(number, ea)
    elf = image.build(
        work / f"bisect-{campaign.seed}-{number}.elf",
        prefixes(campaign, number, round_, ea & 0xFFF),
        campaign.sets(),
        hashed=campaign.hashed,
        window=True,
    )
    memories = ours(elf, work), theirs(elf, work)
    logs = [records.comparable(records.read(memory, campaign.hashed), memory) for memory in memories]
    found = records.first_difference(*logs)
    if found is None:
        return None
    index = max(found.run - 1, 0)
    ends = logs[1][logs[1][:, COLUMN["run"]] == index]
    before = dict(zip(FIELDS, ends[-1].tolist(), strict=False)) if found.run else {}
    return Culprit(campaign, number, round_, index, original.words[index], before, found)


def prefixes(campaign: Campaign, number: int, round_: int, offset: int) -> list[Row]:
    """The sequence cut after 0, 1, 2, ... instructions; the first set and the data seed are those of the round."""
    rows: list[Row] = []
    for kept in range(len(campaign.row(number, offset).words) + 1):
        ea = layout.CODE_EA + 0x1000 * (kept + 1) + offset
        row = campaign.row(number, ea)
        words = [word if index < kept else image.branch_to_end(ea + 4 * index) for index, word in enumerate(row.words)]
        seed = (row.seed + round_ * 0x1234_0567) & 0xFFFF_FFFF
        rows.append(Row(ea, tuple(words), row.msr, row.first_set + 11 * round_, seed))
    return rows
