# SPDX-License-Identifier: BSD-3-Clause
"""Sequences that showed a bug, kept as files: words and starting state, independent of the generator.

`python -m tests.differential.cases SEED COUNT NUMBER ROUND INDEX NAME [hardware]` writes the file of what a failing
test reported: sequence NUMBER of COUNT, its ROUND, cut after instruction INDEX.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.differential.campaign import Campaign, prefixes
from tests.differential.image import Row

FOLDER = Path(__file__).parent / "kept"


@dataclass(frozen=True)
class Case:
    """A sequence, the registers that it starts with (as a set of the image has them), and whether QEMU agrees on it."""

    name: str
    found: str
    row: Row
    registers: list[int]
    hardware: bool

    def save(self) -> None:
        content = {
            "found": self.found,
            "hardware": self.hardware,
            "ea": f"{self.row.ea:08x}",
            "msr": f"{self.row.msr:08x}",
            "seed": f"{self.row.seed:08x}",
            "registers": " ".join(f"{value:08x}" for value in self.registers),
            "words": " ".join(f"{word:08x}" for word in self.row.words),
        }
        (FOLDER / f"{self.name}.json").write_text(json.dumps(content, indent=1) + "\n")


def load(path: Path) -> Case:
    content = json.loads(path.read_text())
    words = tuple(int(word, 16) for word in content["words"].split())
    row = Row(int(content["ea"], 16), words, int(content["msr"], 16), 0, int(content["seed"], 16))
    registers = [int(value, 16) for value in content["registers"].split()]
    return Case(path.stem, content["found"], row, registers, content["hardware"])


def all_cases() -> list[Case]:
    return [load(path) for path in sorted(FOLDER.glob("*.json"))]


def keep(campaign: Campaign, number: int, round_: int, index: int, name: str) -> Case:
    """The case of a sequence cut after instruction `index`, which is the one that differed."""
    row = prefixes(campaign, number, round_, campaign.rows_before(number) & 0xFFF)[index + 1]
    registers = campaign.sets()[row.first_set % len(campaign.sets())]
    found = f"seed {campaign.seed}, sequence {number} of {campaign.count}, round {round_}, instruction {index}"
    return Case(name, found, row, registers, campaign.hardware)


def main(seed: str, count: str, number: str, round_: str, index: str, name: str, hardware: str = "") -> None:
    campaign = Campaign(int(seed), int(count), hardware=bool(hardware))
    keep(campaign, int(number), int(round_), int(index), name).save()


if __name__ == "__main__":
    main(*sys.argv[1:])
