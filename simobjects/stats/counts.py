# SPDX-License-Identifier: BSD-3-Clause
"""The values of a vector or histogram."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from simobjects.base.names import nearest

from .exact import Number


class Counts(tuple[Number, ...]):
    """One value for each label or bin, in the declared order; `counts["dtlb_v"]` is that of one label.

    A position says nothing to a reader and is another one when a label is added, so it is refused (TypeError).
    """

    labels: tuple[str, ...]

    def __new__(cls, values: Iterable[Number], labels: Iterable[str]) -> Counts:
        made = super().__new__(cls, values)
        made.labels = tuple(labels)
        return made

    def __getnewargs__(self) -> tuple[tuple[Number, ...], tuple[str, ...]]:
        return tuple(self), self.labels

    def __getitem__(self, label: object) -> Number:  # type: ignore[override]
        """The value of a label. KeyError with the nearest one; TypeError when it is a number."""
        if not isinstance(label, str):
            first = next(iter(self.labels), "")
            raise TypeError(f"[{label!r}] is a position; values are taken by label, such as [{first!r}]")
        if label not in self.labels:
            self._unknown(label)
        return super().__getitem__(self.labels.index(label))

    def _unknown(self, label: str) -> NoReturn:
        near = nearest(label, self.labels)
        raise KeyError(f"no label {label!r}" + (f"; did you mean {near}?" if near else f" in {', '.join(self.labels)}"))
