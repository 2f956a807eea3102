# SPDX-License-Identifier: BSD-3-Clause
"""The graph as text for other programs: DOT and Mermaid."""

from __future__ import annotations

from ..simobject import SimObject
from ..tree import owned, walk
from .model import drawn, edges


def to_dot(system: SimObject) -> str:
    """The graph in Graphviz's language: nested boxes, arrows for ports, dashed ones for references."""
    lines = ["digraph machine {", "  rankdir=LR; compound=true; fontname=sans;", "  node [shape=box, fontname=sans];"]
    lines += _dot_object(system, system.path, 1)
    for edge in drawn(edges(system)):
        style = f'taillabel="{edge.label}", headlabel="{edge.far}"'
        if edge.kind == "reference":
            style = f'label="{edge.label}", style=dashed, color=gray40'
        lines.append(f'  "{edge.source}" -> "{edge.target}" [{style}];')
    return "\n".join([*lines, "}"]) + "\n"


def to_mermaid(system: SimObject) -> str:
    """The graph in Mermaid's language, which forges draw in a README."""
    names = _short_names(system)
    lines = ["flowchart LR", *_mermaid_object(system, system.path, names, 1)]
    for edge in drawn(edges(system)):
        arrow = f"-. {edge.label} .->" if edge.kind == "reference" else f'-- "{edge.label} → {edge.far}" -->'
        lines.append(f"  {names[edge.source]} {arrow} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _dot_object(obj: SimObject, label: str, depth: int) -> list[str]:
    pad = "  " * depth
    node = f'{pad}"{obj.path}" [label="{label}\\n{type(obj).__name__}"];'
    inner = list(owned(obj))
    if not inner:
        return [node]
    lines = [f'{pad}subgraph "cluster_{obj.path}" {{', f'{pad}  label="";', f"  {node}"]
    for name, item in inner:
        lines += _dot_object(item, name, depth + 1)
    return [*lines, f"{pad}}}"]


def _short_names(system: SimObject) -> dict[str, str]:
    """Identifiers without dots or brackets, in the order of the tree."""
    return {obj.path: f"n{number}" for number, obj in enumerate(walk(system))}


def _mermaid_object(obj: SimObject, label: str, names: dict[str, str], depth: int) -> list[str]:
    pad, name = "  " * depth, names[obj.path]
    text = f'"<b>{label}</b><br/>{type(obj).__name__}"'
    inner = list(owned(obj))
    if not inner:
        return [f"{pad}{name}[{text}]"]
    lines = [f"{pad}subgraph {name}[{text}]"]
    for child_label, item in inner:
        lines += _mermaid_object(item, child_label, names, depth + 1)
    return [*lines, f"{pad}end"]
