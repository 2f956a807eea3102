# SPDX-License-Identifier: BSD-3-Clause
"""What a sensitivity study says, in sentences."""

from __future__ import annotations

from .sensitivity import Study


def conclusion(found: Study) -> list[str]:
    """Which machine is better by how much, what alone would turn that, and whether everything together would."""
    if len(found.sides) == 1:
        return [f"{figure_name(found)} = {found.base:,.6g}"]
    better, worse = (1, 0) if found.base > 1 else (0, 1)
    names = [side.name for side in found.sides]
    gap = max(found.base, 1 / found.base)
    said = f"{names[better]} has the lower {found.metric.label}: {names[worse]} has {gap:.4f} times as much"
    lines = [said]
    for each in found.influences:
        if each.flip is not None:
            sign = ">=" if each.flip > each.factor.value else "<="
            turn = f"{each.factor.path} {sign} {each.factor.text(each.flip)}"
            lines.append(f"this turns when {turn} (the script has {each.factor.text(each.factor.value)})")
    if found.holds:
        lines.append("this holds over the whole range of every number alone")
    if found.corner is not None:
        together = "it still holds" if found.holds_together else "it does not hold"
        lines.append(f"with all numbers at their worst ends together {together} (figure {found.corner:.4f})")
    lines.append(f"figure: {figure_name(found)} = {found.base:.6f}")
    return lines


def figure_name(study: Study) -> str:
    """What the figure is: the metric, or the ratio of two machines."""
    if len(study.sides) == 1:
        return study.metric.label
    return f"{study.metric.label}: {study.sides[0].name} / {study.sides[1].name}"
