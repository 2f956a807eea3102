# SPDX-License-Identifier: BSD-3-Clause
"""Translated code does what the interpreter does: state, memory and every count, wherever a run is stopped.

TRANSLATION_SEEDS=1000-1999 compares those seeds besides, for longer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simobjects import Simulation
from simobjects.framework.checkpoint import container
from tests.differential import planted
from tests.differential.planted_translations import BUGS, FOUND, NOT_FOUND, PLANTED
from tests.golden.test_bare_metal_programs import PROGRAMS
from tests.helpers import warm440
from tests.helpers.bare_board import BareBoard
from tests.helpers.kvm_guests import guest_system

PIECES = 10
SEEDS_A_GROUP = 15
SEEDS_OF_PLANTED = 100
TRANSLATES = sys.platform == "linux" and os.uname().machine == "x86_64"


def more_seeds() -> list[int]:
    first, _, last = os.environ.get("TRANSLATION_SEEDS", "60").partition("-")
    return list(range(int(first), int(last or first) + 1))


@pytest.mark.parametrize(("after", "first"), [(1, 0), (1, 15), (2, 30), (9, 45)])
def test_translated_is_interpreted(after: int, first: int) -> None:
    executed = 0
    for seed in range(first, first + SEEDS_A_GROUP):
        found, instructions = warm440.difference(seed, PIECES, after)
        assert not found
        executed += instructions
    assert executed > 2_000_000, "the programs ended early"


@pytest.mark.parametrize("seed", more_seeds())
def test_other_seeds(seed: int) -> None:
    assert not warm440.difference(seed, 2 * PIECES)[0]


class PlantedTranslator:
    """A process with a translator that has bugs."""

    def __init__(self, module: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.differential.planted_translations", str(module)],
            cwd=planted.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._server.communicate(timeout=60)

    def status(self, number: int) -> int:
        """The exit status of a campaign with that bug."""
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(f"{number} {SEEDS_OF_PLANTED}\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


@pytest.fixture(scope="module")
def planted_translator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlantedTranslator]:
    started = PlantedTranslator(planted.build(tmp_path_factory.mktemp("planted"), PLANTED))
    yield started
    started.close()


@pytest.mark.slow
@pytest.mark.skipif(not TRANSLATES, reason="nothing is translated on this computer")
@pytest.mark.parametrize("number", range(1, len(BUGS) + 1), ids=lambda n: BUGS[n - 1].name)
def test_a_planted_bug_is_found(number: int, planted_translator: PlantedTranslator) -> None:
    assert BUGS[number - 1].has_a_place, f"the translator was changed: plant bug {number} anew"
    status = planted_translator.status(number)
    assert status == FOUND or status < 0, "a campaign of ordinary size does not find it"


@pytest.mark.skipif(not TRANSLATES, reason="nothing is translated on this computer")
@pytest.mark.parametrize(
    "number", [0, *range(len(BUGS) + 1, len(PLANTED) + 1)], ids=lambda n: PLANTED[n - 1].name if n else "as it is"
)
def test_without_a_bug_the_planted_copy_agrees(number: int, planted_translator: PlantedTranslator) -> None:
    assert planted_translator.status(number) == NOT_FOUND


def guest(scheme: str, program: str, after: int) -> Simulation:
    system = guest_system(PROGRAMS / f"{program}.elf", scheme)
    system.core.translate, system.core.translate_after = after > 0, max(1, after)
    return Simulation(system)


@pytest.mark.parametrize("scheme", ["e0", "e3b", "e4", "e6"])
@pytest.mark.parametrize("program", ["s2_thrash", "t02_pid"])
def test_under_kvm_the_bytes_of_checkpoints_are_the_same(scheme: str, program: str, tmp_path: Path) -> None:
    translated, plain = guest(scheme, program, 1), guest(scheme, program, 0)
    for place in (1_000, 60_000, 260_001, 600_000):
        for simulation, name in ((translated, "translated"), (plain, "plain")):
            list(simulation.run_to(place))
            simulation.save(tmp_path / name)
        rows = [
            [(row.path, row.stat, row.index, row.value) for row in found.stats.rows()] for found in (translated, plain)
        ]
        assert rows[0] == rows[1]
        # What the head tells differs in the parameter alone; of every object all bytes are the same.
        sections = [container.read(tmp_path / name)[1] for name in ("translated", "plain")]
        assert len(sections[0]) > 5 and sections[0] == sections[1]
        assert translated.engine.digest() == plain.engine.digest()


FORKS = """
import os, sys
from pathlib import Path
from tests.helpers.bare_board import BareBoard

board = BareBoard(1 << 27, translate_after=1)
board.load_elf(Path(sys.argv[1]))
board.core.advance(3_000_000, -1)
child = os.fork()
board.core.advance(7_000_000 if child else 4_000_000, -1)
board.core.advance(0 if child else 3_000_000, -1)
os.write(1, f"{board.core.digest()}\\n".encode())
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_copy_translates_by_itself() -> None:
    """Both go on from the same place, the copy in other pieces, and come to the same one."""
    command = [sys.executable, "-c", FORKS, str(PROGRAMS / "s3_fit.elf")]
    told = subprocess.run(command, cwd=planted.ROOT, capture_output=True, text=True, timeout=120, check=True).stdout
    assert len(told.split()) == 2 and len(set(told.split())) == 1


def test_a_run_says_whether_it_translates() -> None:
    assert "interpreted: it is switched off" in BareBoard(1 << 20, translate_after=0).core.path().values()
    told = BareBoard(1 << 20).core.path()["code"]
    assert told == "hot code is translated to the computer's" or not TRANSLATES


def test_a_threshold_has_bounds() -> None:
    with pytest.raises(ValueError, match="translate after 40000 arrivals: expected 0"):
        BareBoard(1 << 20, translate_after=40_000)
