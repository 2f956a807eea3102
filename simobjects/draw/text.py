# SPDX-License-Identifier: BSD-3-Clause
"""The graph as text for other programs: DOT and Mermaid."""

from __future__ import annotations

from simobjects.framework.node import Part
from simobjects.framework.relations import relations
from simobjects.framework.tree import owned, walk

from .wires import Wire, nested, wires


def to_dot(system: Part) -> str:
    """The graph in Graphviz's language: nested boxes, arrows for ports, dashed ones for references.

    Nodes are called by their paths, which scripts can look for: `"system.core"`. It ends with a newline.
    """
    lines = ["digraph machine {", "  rankdir=LR; compound=true; fontname=sans;", "  node [shape=box, fontname=sans];"]
    lines += _dot_object(system, system.path, 1)
    for wire in wires(relations(system)):
        style = f'taillabel="{wire.label}", headlabel="{wire.far}"'
        if wire.kind == "reference":
            style = f'label="{wire.label}", style=dashed, color=gray40'
        lines.append(f'  "{wire.source}" -> "{wire.target}" [{style}];')
    return "\n".join([*lines, "}"]) + "\n"


def to_mermaid(system: Part) -> str:
    """The graph in Mermaid's language, which forges draw in a README.

    Nodes are called `n0`, `n1`, ... in the order of the tree, because a path is no name there. It ends with a newline.
    """
    names, drawn = _short_names(system), wires(relations(system))
    lines = ["flowchart LR", *_mermaid_object(system, system.path, names, _outer_ports(drawn, names), 1)]
    for wire in drawn:
        arrow = f"-. {wire.label} .->" if wire.kind == "reference" else f'-- "{wire.label} → {wire.far}" -->'
        source, target = names[wire.source], names[wire.target]
        if nested(wire) and wire.source != wire.target:
            inner_target = len(wire.target) > len(wire.source)
            source, target = (_port(source, wire.label), target) if inner_target else (source, _port(target, wire.far))
        lines.append(f"  {source} {arrow} {target}")
    return "\n".join(lines) + "\n"


def _port(name: str, port: str) -> str:
    """The node of a port by itself: Mermaid draws no arrow between a box and what lies in it."""
    return f"{name}_{port}"


def _outer_ports(drawn: list[Wire], names: dict[str, str]) -> dict[str, list[str]]:
    """By object the ports that are connected to something inside of it."""
    found: dict[str, set[str]] = {}
    for wire in drawn:
        if nested(wire) and wire.source != wire.target:
            outer = (wire.source, wire.label) if len(wire.target) > len(wire.source) else (wire.target, wire.far)
            found.setdefault(names[outer[0]], set()).add(outer[1])
    return {name: sorted(ports) for name, ports in found.items()}


def _dot_object(obj: Part, label: str, depth: int) -> list[str]:
    pad = "  " * depth
    node = f'{pad}"{obj.path}" [label="{label}\\n{type(obj).__name__}"];'
    inner = list(owned(obj))
    if not inner:
        return [node]
    lines = [f'{pad}subgraph "cluster_{obj.path}" {{', f'{pad}  label="";', f"  {node}"]
    for name, item in inner:
        lines += _dot_object(item, name, depth + 1)
    return [*lines, f"{pad}}}"]


def _short_names(system: Part) -> dict[str, str]:
    """Identifiers without dots or brackets, in the order of the tree."""
    return {obj.path: f"n{number}" for number, obj in enumerate(walk(system))}


def _mermaid_object(obj: Part, label: str, names: dict[str, str], ports: dict[str, list[str]], depth: int) -> list[str]:
    pad, name = "  " * depth, names[obj.path]
    text = f'"<b>{label}</b><br/>{type(obj).__name__}"'
    inner = list(owned(obj))
    if not inner:
        return [f"{pad}{name}[{text}]"]
    lines = [f"{pad}subgraph {name}[{text}]"]
    lines += [f'{pad}  {_port(name, port)}(["{port}"])' for port in ports.get(name, ())]
    for child_label, item in inner:
        lines += _mermaid_object(item, child_label, names, ports, depth + 1)
    return [*lines, f"{pad}end"]
