# SPDX-License-Identifier: BSD-3-Clause
"""A peer's counts by the labels that its object declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simobjects.framework import SimObject
from simobjects.stats import Vector


def by_label(declared: type[SimObject], stats: Mapping[str, Any], name: str) -> dict[str, int]:
    """`stats` of a peer of `declared`: the vector `name`, whose labels do not depend on the object."""
    vector = declared.__stats__[name]
    assert isinstance(vector, Vector) and not callable(vector.labels)
    return dict(zip(vector.labels, stats[name], strict=True))
