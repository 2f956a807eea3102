# SPDX-License-Identifier: BSD-3-Clause
"""Ownership: each object has one owner and one name there."""

from __future__ import annotations

from typing import Any

from .node import Part
from .overrides import apply_overrides
from .problems import show
from .tree import ancestry


def attach(owner: Part, label: str, value: object, target: type[Any]) -> bool:
    """Make `owner` the owner of `value` under the name `label`.

    False, with the problem recorded, when it is no `target`, has another owner, or owns `owner` itself.
    """
    node = owner._node
    article = "an" if target.__name__[0] in "AEIOU" else "a"
    if not isinstance(value, Part):
        node.report(label, value, f"{article} {target.__name__}", f"assign {article} {target.__name__}(...)")
        return False
    if not _may_be_owned(owner, label, value, f"{article} {target.__name__}", target):
        node.rejected.append(value)
        return False
    value._node.parent, value._node.label = owner, label
    node.assigned[label] = value._node.origin
    if node.rooted:
        apply_overrides(value)
    return True


def _may_be_owned(owner: Part, label: str, value: Part, expected: str, target: type[Any]) -> bool:
    node, given = owner._node, value._node
    if given.root:
        node.report(label, value, "an object that is not a machine itself", "put its parts here instead of the System")
    elif value in ancestry(owner):
        around = ancestry(owner)
        cycle = [value, *reversed(around[: around.index(value)]), value]
        chain = " -> ".join(obj.path for obj in cycle)
        node.report(label, value, f"no ownership cycle ({chain})", "make one of the two a ref(...)")
    elif given.parent is not None:
        node.report(
            label,
            value,
            f"an object without an owner; it belongs to {value.path}",
            "make a second object, or declare a ref(...) to share this one",
        )
    elif not isinstance(value, target):
        node.report(label, value, expected, f"assign {expected}, not {show(type(value))}")
    else:
        return True
    return False


def detach(value: object) -> None:
    """Undo `attach`."""
    if isinstance(value, Part):
        value._node.parent, value._node.label = None, ""
