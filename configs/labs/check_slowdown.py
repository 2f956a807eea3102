# SPDX-License-Identifier: BSD-3-Clause
"""Checks lab 3, the cause of a slowdown: docs/labs.md.

    simobjects run configs/labs/before.py --references 2M --out runs
    simobjects run configs/labs/after.py --references 2M --out runs
    simobjects compare runs/*
    cp configs/labs/slowdown.toml .    # and write your answers
    python configs/labs/check_slowdown.py slowdown.toml

The answers are not compared with a list: what they say is tried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab_checks import Answers, Checks, argument, tried

from simobjects import Simulation
from simobjects.study.config_script import build

HERE = Path(__file__).resolve().parent
REFERENCES = 2_000_000
MOST = 0.8
"""Of the added time, which the right change takes back."""
PER_MISS = 0.5
"""How near a number of exits must be."""
NEAR = 0.03
"""How near a share must be."""
SECONDS = 60
"""That a run may take."""


def run(script: str, overrides: Mapping[str, str] | None = None) -> Simulation:
    """A machine of the lab after as many references as the page says."""
    sim = build(HERE / f"{script}.py", overrides or {})
    sim.run_all(references=REFERENCES)
    return sim


def time(sim: Simulation) -> float:
    """Cycles of the vcpu."""
    return float(sim.stats.count("system.core.vcpu_time"))


def main() -> int:
    """Read the answers, try them."""
    file = argument("your slowdown.toml")
    answers = Answers.read(file)
    parameter, value = answers.get("parameter", str), answers.get("value", str)
    exits, kind, share = answers.get("exits", float), answers.get("kind", str), answers.get("share", float)
    before, after = run("before"), run("after")
    added = time(after) - time(before)
    checks = Checks()
    print(f"     the update made it {added / time(before):.1%} slower")
    with tried(file, SECONDS):
        back = time(after) - time(run("after", {parameter: value}))
    checks.that(
        f"{parameter} = {value} takes it back", back >= MOST * added, f"{back / added:.0%} of the added time are gone"
    )
    more, real = (
        after.stats.count(f"system.host.{name}") - before.stats.count(f"system.host.{name}")
        for name in ("all_exits", "real_misses")
    )
    right = abs(exits - more / real) <= PER_MISS
    found = (
        f"{real:,} more of them; within half an exit" if right else f"{real:,} more of them, and how many more exits?"
    )
    checks.that(f"{exits:g} exits for each real miss more", right, found)
    cycles = [sim.stats.by_label("system.host.exit_cycles") for sim in (before, after)]
    shares = {name: float(cycles[1][name] - cycles[0][name]) / added for name in cycles[0]}
    checks.that(
        f"most of the added time is in {kind}",
        kind in shares and shares[kind] == max(shares.values()),
        f"{kind} has {shares[kind]:.1%} of it" if kind in shares else f"the kinds are {', '.join(shares)}",
    )
    right = abs(share - shares.get(kind, -1)) <= NEAR
    checks.that(
        f"that is a share of {share:.2f}", right, "within three hundredths" if right else "of which time is it?"
    )
    return int(checks.end())


if __name__ == "__main__":
    raise SystemExit(main())
