# SPDX-License-Identifier: BSD-3-Clause
"""What figures are drawn from: the points of a sweep with their statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..metric import Reading
from ..space import Axis
from .names import Catalogue

Table = tuple[Mapping[str, str], Sequence[Reading]]
"""The value of each swept parameter of a point, and the statistics of its run."""


@dataclass(frozen=True)
class Swept:
    """The axes of a sweep, its points with their statistics (read anew each time), and what these are called."""

    name: str
    axes: tuple[Axis, ...]
    tables: Callable[[], Iterable[Table]]
    catalogue: Catalogue
