# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a report about where its numbers come from: what was varied, the machine, how to run it again."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from simobjects.study.figures.names import axis_names

from .content import Content
from .markup import Html, joined, table, tag

_VALUES = 24
_LONGEST_SCRIPT = 20_000
_WIDTH = re.compile(r"<svg[^>]*\bwidth='(\d+)'")


def varied_section(content: Content) -> Html:
    """The axes with their values, what is the same for all points, and where each run ends.

    Of an axis 24 values at most are shown, and how many there are.
    """
    sweep = content.kept.sweep
    names = axis_names(sweep.space.axes)
    rows = []
    for axis in sweep.space.axes:
        more = f", ... ({len(axis.values)})" if len(axis.values) > _VALUES else ""
        values = ", ".join(axis.values[:_VALUES]) + more
        rows.append((names[axis.path], tag("code", axis.path), values))
    grid = "every combination of them" if sweep.space.rows is None else f"{len(sweep.space)} points of them"
    ends = [f"{value:,} {name}" for name, value in sweep.limits.as_json().items() if isinstance(value, int)]
    facts = [tag("p", f"{len(sweep.space)} points: {grid}. ", _end(ends))]
    if sweep.fixed:
        fixed = [(tag("code", path), value) for path, value in sweep.fixed.items()]
        facts += [tag("p", "The same for all:"), table(("parameter", "value"), fixed, 2, "Fixed values")]
    return joined([table(("parameter", "path", "values"), rows, 3, "What was varied"), facts])


def _end(ends: list[str]) -> str:
    return f"Each run ends after {' or '.join(ends)} at the latest." if ends else "Each run goes to the workload's end."


def machine_section(content: Content) -> Html:
    """The picture of the first machine, the workload with its origin, and every setting.

    The picture stands in the page as an image, so that nothing in it can be executed.
    """
    parts: list[Html | None] = []
    if content.machine:
        uri = "data:image/svg+xml;base64," + base64.b64encode(content.machine.encode()).decode()
        found = _WIDTH.search(content.machine)
        objects = content.machine.count("<g><title>")
        picture = tag("img", src=uri, alt=f"The first machine: {objects} objects, how they are nested and connected",
                      width=found[1] if found else None)  # fmt: skip
        frame = {"class_": "scroll machine", "tabindex": "0", "role": "region", "aria_label": "The machine"}
        parts.append(tag("div", picture, **frame))
    sources = content.provenance.get("sources")
    for path, facts in (sources if isinstance(sources, Mapping) else {}).items():
        rows = [(str(name), str(text)) for name, text in facts.items()] if isinstance(facts, Mapping) else []
        parts += [tag("h3", "From where ", tag("code", str(path))), table(("what", ""), rows, 2, f"Origin of {path}")]
    if not sources:
        parts.append(tag("p", "No object of the machine works on a file: what runs is in its parameters."))
    if content.settings:
        settings = [(tag("code", name), value) for name, value in content.settings]
        rows_of = table(("setting", "value"), settings, 2, "Settings")
        parts.append(tag("details", tag("summary", f"Every setting of the first machine ({len(settings)})"), rows_of))
    return joined(parts)


def reproduce_section(content: Content) -> Html:
    """The commands, the script, and what ran where.

    The script is shown when it is still the one of the sweep, and has 20 000 characters at most.
    """
    sweep = content.kept.sweep
    environment = content.kept.provenance
    commands = [f"simobjects reproduce {shlex.quote(sweep.out.name)}"]
    again = _sweep_command(content)
    if again:
        commands += ["", "# or the study itself", again]
    rows = list(_environment(environment))
    for name in ("host", "processor", "began"):
        if content.provenance.get(name):
            rows.append((name, str(content.provenance[name])))
    script = content.script
    return joined(
        [
            tag(
                "p",
                "With the folder of this study and the same version of the program, this runs a part of the points, "
                "then all, and compares each with what the study has, byte by byte:",
            ),
            tag("pre", "\n".join(commands), tabindex="0"),
            tag("p", "Where these numbers come from:"),
            table(("what", ""), rows, 2, "Environment"),
            tag("details", tag("summary", f"The script {sweep.config.name}"), tag("pre", script, tabindex="0"))
            if script and len(script) <= _LONGEST_SCRIPT
            else tag("p", "The script ", tag("code", sweep.config.name), " has changed since, or is too long to show."),
        ]
    )


def _sweep_command(content: Content) -> str:
    """The command line of a sweep; empty for what only a script can say."""
    sweep = content.kept.sweep
    axes = sweep.space.axes
    plain = sweep.space.rows is None and not sweep.machine and not sweep.checkpoint
    if not plain or any(axis.settings is not None or any("," in value for value in axis.values) for axis in axes):
        return ""
    words = ["simobjects", "sweep", str(sweep.config)]
    for axis in axes:
        words += ["--over", f"{axis.path}={','.join(axis.values)}"]
    for path, value in sweep.fixed.items():
        words += ["--set", f"{path}={value}"]
    for name in ("references", "cycles"):
        if (limit := getattr(sweep.limits, name)) is not None:
            words += [f"--{name}", str(limit)]
    for pattern in sweep.keep:
        words += ["--keep", pattern]
    return shlex.join(words)


def _environment(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, value) of what the sweep ran with, as text; what could not be found out is `not known`."""
    for name, value in facts.items():
        if name == "packages" and isinstance(value, Mapping):
            yield "packages", ", ".join(f"{package} {version}" for package, version in value.items())
        elif name != "format":
            yield name.replace("_", " "), "not known" if value is None else str(value)


def cite_section(content: Content) -> Html:
    """The bibliography of the runs, as BibTeX."""
    if not content.bibliography:
        return tag("p", "The runs of this study were kept without their bibliography.")
    return joined(
        [
            tag("p", "This program, and the works whose designs the machine's objects implement, as BibTeX:"),
            tag("pre", content.bibliography, tabindex="0"),
        ]
    )
