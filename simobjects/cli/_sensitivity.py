# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects sensitivity`: which uncertain numbers a conclusion depends on."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

from simobjects.base.errors import ExitCode, UsageError
from simobjects.base.files import write_whole
from simobjects.base.text import numbered
from simobjects.study.config_script import build
from simobjects.study.execute import Limits
from simobjects.study.figures import Catalogue
from simobjects.study.metric import Metric
from simobjects.study.sensitivity import FLAT, Influence, Sensitivity, Side, conclusion, study
from simobjects.study.space import parse_assignments, split_assignment
from simobjects.study.tornado import tornado

from ._common import say

REFERENCES = 1_000_000
"""A run ends here, unless a limit is given."""


def sensitivity(arguments: argparse.Namespace) -> int:
    """Vary every estimate over its range, print what follows, and write report, CSV and tornado diagram.

    Raises:
        UsageError: the comparison is none, or the machine has no such statistic.
        SensitivityError: there is nothing to vary, both machines are equal, or a run ended badly.
    """
    sides = _sides(arguments)
    limits = Limits(arguments.references or (None if arguments.cycles else REFERENCES), arguments.cycles)
    metric, catalogue = Metric.parse(arguments.metric), Catalogue.of(build(sides[0].config, sides[0].fixed).stats)
    for stat in (metric.stat, metric.per):
        if stat is not None:
            catalogue.full(stat)  # which refuses what the machine does not have, before anything runs
    found = study(sides, metric, limits, lambda text: say(f"  {text}"))
    out: Path = arguments.out or Path("sensitivity", arguments.config.stem)
    out.mkdir(parents=True, exist_ok=True)
    text = report(found)
    write_whole(out / "report.txt", text.encode())
    write_whole(out / "sensitivity.csv", table(found).encode())
    picture = tornado(found, f"sensitivity of {arguments.config.stem}", _label(found, catalogue))
    write_whole(out / "tornado.svg", picture)
    print(text, end="")
    for name in ("report.txt", "sensitivity.csv", "tornado.svg"):
        print(out / name)
    return ExitCode.OK


def _label(found: Sensitivity, catalogue: Catalogue) -> str:
    """What the diagram shows, in words."""
    text, unit = catalogue.described(found.metric)
    if len(found.sides) > 1:
        return f"{text}: {found.sides[0].name} / {found.sides[1].name}"
    return f"{text} ({unit})" if unit else text


def _sides(arguments: argparse.Namespace) -> list[Side]:
    """The machines: one, or two that are compared."""
    fixed = parse_assignments(arguments.set)
    if arguments.against is not None:
        names = [arguments.config.stem, arguments.against.stem]
        if names[0] == names[1]:
            names = [str(arguments.config), str(arguments.against)]
        return [Side(names[0], arguments.config, fixed), Side(names[1], arguments.against, {})]
    if arguments.compare is None:
        return [Side(arguments.config.stem, arguments.config, fixed)]
    path, spec = split_assignment(arguments.compare, "--compare")
    values = spec.split(",")
    if len(values) != 2 or values[0] == values[1] or path in fixed:
        text = "give two different values of a parameter that --set leaves alone"
        raise UsageError(f"{text}, as in system.host.scheme=e3b,e4", where=f"--compare {arguments.compare}")
    return [Side(value, arguments.config, {**fixed, path: value}) for value in values]


def report(found: Sensitivity) -> str:
    """The conclusion first, then the numbers sorted by influence.

    Numbers without influence are named in one line. It ends with a newline.
    """
    lines = [*conclusion(found), ""]
    shown = [each for each in found.influences if each.swing > FLAT]
    heads = ["parameter", "value", "low", "high", "figure at low", "at high", "swing", "elasticity"]
    if len(found.sides) > 1:
        heads.append("turns at")
    rows = [_cells(each, len(found.sides) > 1) for each in shown]
    lines.append(numbered([heads, *rows]).rstrip("\n"))
    rest = [each.factor.path.rpartition(".")[2] for each in found.influences if each.swing <= FLAT]
    if rest:
        lines.append(f"without influence: {', '.join(rest)}")
    lines.append(f"{found.runs} runs; all other numbers are published or counted and were left as they are")
    return "\n".join(lines) + "\n"


def _cells(each: Influence, two: bool) -> list[str]:
    factor = each.factor
    cells = [
        factor.path,
        factor.text(factor.value),
        factor.text(factor.low),
        factor.text(factor.high),
        f"{each.low:,.6g}",
        f"{each.high:,.6g}",
        f"{100 * each.swing:.3f} %",
        f"{each.elasticity:+.4f}",
    ]
    if two:
        cells.append("-" if each.flip is None else factor.text(each.flip))
    return cells


def table(found: Sensitivity) -> str:
    """All of it for machines: CSV with a head, one line for each number, the largest influence first.

    Values are as `--set` takes them, figures in full precision; `turns_at` is empty where nothing turns.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["parameter", "value", "low", "high", "figure", "figure_low", "figure_high", "swing", "elasticity", "turns_at"]
    )
    for each in found.influences:
        factor = each.factor
        numbers = (found.base, each.low, each.high, each.swing, each.elasticity)
        writer.writerow(
            [
                factor.path,
                *(factor.text(value) for value in (factor.value, factor.low, factor.high)),
                *(repr(float(number)) for number in numbers),
                "" if each.flip is None else factor.text(each.flip),
            ]
        )
    return text.getvalue()
