# SPDX-License-Identifier: BSD-3-Clause
"""The graph as SVG."""

from __future__ import annotations

from ..simobject import SimObject


def to_svg(system: SimObject) -> str:
    return "<svg xmlns='http://www.w3.org/2000/svg'/>"
