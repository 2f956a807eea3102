# SPDX-License-Identifier: BSD-3-Clause
"""`python -m tests.property`: the comparisons with new cases for as long as you like. A failure is told by its number.

A number says all of a case, for this version of the tests: `--of program --number 4711` makes it again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from random import Random, SystemRandom

import hypothesis

from tests.helpers import warm440
from tests.helpers.lockstep440 import Scenario
from tests.helpers.random_machines import KVM
from tests.property.machine_strategies import MODES, MachineCase, machines
from tests.property.test_fast_path import compared, compared_with_misses
from tests.property.test_machine_twin import agree
from tests.property.test_program_twin import trial


def program(number: int) -> None:
    """A program on the core and on its twin, with micro-TLBs of any small size or none."""
    random = Random(number)
    sizes = {"micro_inst": random.choice((1, 2, 4)), "micro_data": random.choice((1, 2, 3, 8))}
    mode = random.choice(({}, sizes, sizes, sizes | {"faithful": True}))
    trial(number, mode, stepping=random.random() < 0.5)


def lockstep(number: int) -> None:
    """The same after each instruction, with all state."""
    Scenario(number).run(250)


def translation(number: int) -> None:
    """Translated and interpreted."""
    found, _ = warm440.difference(number, 20, Random(number).choice((1, 2, 9)))
    assert not found, found


def fast_path(number: int) -> None:
    """A machine on the fast and on the plain path."""
    compared(Random(number).choice(("native", *KVM)), number)


def misses(number: int) -> None:
    """The same of a bare machine that misses every few records, with few slots and many."""
    compared_with_misses(Random(number).choice((3, 4, 5, 6, 8, 12, 16, 24, 40, 64)), number)


def machine(number: int) -> None:
    """Some machines and their twins."""
    mode = Random(number).choice(MODES)

    @hypothesis.seed(number)
    @hypothesis.settings(
        max_examples=20, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(machines(modes=(mode,), least=1))
    def check(case: MachineCase) -> None:
        agree(case)

    check()


KINDS: dict[str, Callable[[int], None]] = {
    "program": program,
    "lockstep": lockstep,
    "translation": translation,
    "fast-path": fast_path,
    "misses": misses,
    "machine": machine,
}


def numbers(seconds: float) -> Iterator[int]:
    """New ones until the time is over."""
    random, end = SystemRandom(), time.monotonic() + seconds
    while time.monotonic() < end:
        yield random.getrandbits(32)


def main() -> int:
    """The exit code is 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="tests.property", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each comparison (default: 60)")
    parser.add_argument("--of", action="append", choices=KINDS, help="only this comparison; may be repeated")
    parser.add_argument("--number", type=int, help="only this case")
    arguments = parser.parse_args()
    found = 0
    for name in arguments.of or KINDS:
        cases = failed = 0
        for number in numbers(arguments.seconds) if arguments.number is None else [arguments.number]:
            cases += 1
            try:
                KINDS[name](number)
            except Exception as error:
                failed += 1
                print(f"{name} {number}: {type(error).__name__}: {str(error)[:500]}", flush=True)
        print(f"{name}: {cases} cases, {failed} found", flush=True)
        found += failed
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
