# SPDX-License-Identifier: BSD-3-Clause
"""Checks lab 4, a conclusion and how far it can be defended: docs/labs.md.

simobjects sensitivity configs/labs/claim.py --compare system.host.scheme=e3b,e4 --references 100k
cp configs/labs/defence.toml .    # and write your answers
python configs/labs/check_defence.py defence.toml
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lab_checks import Answers, Checks, argument

from simobjects.study.execute import Limits
from simobjects.study.metric import Metric
from simobjects.study.sensitivity import Sensitivity, Side, study

CLAIM = Path(__file__).resolve().parent / "claim.py"
SCHEMES = ("e3b", "e4")
RARELY = "system.guest.io_every"
REFERENCES = 100_000
NEAR = 0.005
"""How near the factor must be."""
QUARTER = 0.75
"""At this part of the defended N the claim must fail, or a stronger one could have been defended."""


@cache
def conclusion(every: int | None = None) -> Sensitivity:
    """Both schemes over the range of every estimate; with so many instructions between calls, or the script's."""
    fixed = {} if every is None else {RARELY: str(every)}
    sides = [Side(scheme, CLAIM, {**fixed, "system.host.scheme": scheme}) for scheme in SCHEMES]
    return study(sides, Metric.parse("system.core.vcpu_time"), Limits(REFERENCES, None))


def main() -> int:
    """Read the answers, and do the study that they are about."""
    answers = Answers.read(argument("your defence.toml"))
    better, factor = answers.get("better", str), answers.get("factor", float)
    verdict, estimate, at = answers.get("verdict", str), answers.get("estimate", str), answers.get("at", int)
    together, defended = answers.get("together", str), answers.get("defended", int)
    found, checks = conclusion(), Checks()
    checks.that(
        f"{better} is faster, by a factor of {factor:g}",
        better == SCHEMES[found.base > 1] and abs(factor - max(found.base, 1 / found.base)) <= NEAR,
        f"e3b takes {'more' if found.base > 1 else 'less'} time than e4",
    )
    checks.that(f"for every estimate alone it {verdict}", verdict == said(found.holds), f"{found.runs} runs were made")
    turns = {each.factor.path: int(each.flip) for each in found.influences if each.flip is not None} or {"none": 0}
    right = turns.get(estimate) == at
    checks.that(f"what turns it is {estimate}, at {at}", right, "so it is" if right else "it is not, or not there")
    checks.that(f"with all at their worst it {together}", together == said(found.holds_together), "tried")
    if defended < 1:
        raise SystemExit(f"{answers.file}: `defended` is {defended}; expected a number of instructions above 0")
    holds = conclusion(defended)
    checks.that(
        f"with {defended:,} instructions between calls it can be defended",
        holds.base > 1 and holds.holds_together,
        f"at the worst e3b takes {holds.corner:.3f} of the commit's time",
    )
    fails = conclusion(round(defended * QUARTER))
    checks.that(
        "with a quarter less it cannot",
        not fails.holds_together,
        f"at the worst e3b takes {fails.corner:.3f} of the commit's time",
    )
    return int(checks.end())


def said(holds: bool) -> str:
    """In the words of the answers."""
    return "holds" if holds else "turns"


if __name__ == "__main__":
    raise SystemExit(main())
