# SPDX-License-Identifier: BSD-3-Clause
"""The statistics of a whole machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .errors import StatsError
from .exact import Number
from .history import dump_snapshot, dump_window, load_snapshot, load_window
from .kinds import Raw
from .snapshot import Row, Snapshot, Wanted, Window, check_conservation, check_monotone, find, subtract
from .source import Source, Value
from .table import aligned, html

TOTAL = "total"
"""The window from the beginning of the simulation to now."""

Clock = Callable[[], tuple[int, int]]
"""Gives the current (cycle, reference)."""


class _Numbers:
    """Labels that are not taken, without counting from the first one each time: a guest may mark any number."""

    def __init__(self) -> None:
        self._tried: dict[str, int] = {}

    def free(self, label: str, taken: Mapping[str, object]) -> str:
        """`label`, or with the first `.2`, `.3`... that is not among the taken ones, which never become fewer."""
        if label not in taken and label != TOTAL:
            return label
        number = self._tried.get(label, 2)
        while f"{label}.{number}" in taken:
            number += 1
        self._tried[label] = number
        return f"{label}.{number}"


class StatsTree:
    """Every statistic of a machine, by `path.stat`. Counts only grow; a region is a window of two snapshots.

    Each snapshot checks that no count went down and that every conservation check holds, and raises
    StatsError otherwise. Nothing is reset, so that whoever looks does not change what others see.
    """

    def __init__(self, sources: Sequence[Source], clock: Clock, run: str = "") -> None:
        self.sources: tuple[Source, ...] = tuple(sources)
        self.run = run
        self._clock = clock
        self._snapshots: dict[str, Snapshot] = {}
        self._windows: dict[str, Window] = {}
        self._snapshot_numbers, self._window_numbers = _Numbers(), _Numbers()
        self._start = self._read("start", None)
        self._start.compute()  # A formula that cannot be computed is refused here, not at the end of a long run.

    @property
    def start(self) -> Snapshot:
        """The values before anything ran."""
        return self._start

    @property
    def snapshots(self) -> dict[str, Snapshot]:
        """The snapshots taken, by label, oldest first."""
        return dict(self._snapshots)

    def current(self) -> Snapshot:
        """The values now, checked; not kept."""
        return self._read("now", self._latest())

    def snapshot(self, label: str) -> Snapshot:
        """Take and keep the values now.

        Args:
            label: by which `window` and `snapshots` know it.

        Raises:
            StatsError: `label` is taken, a count went down, or a conservation check does not hold.
        """
        if label in self._snapshots:
            raise StatsError(f"there is a snapshot {label!r} already; use another label, such as {self._free(label)!r}")
        taken = self._read(label, self._latest())
        self._snapshots[label] = taken
        return taken

    def snapshot_again(self, label: str) -> Snapshot:
        """As `snapshot`, with `.2`, `.3`... added to a label that is taken."""
        return self.snapshot(self._free(label))

    def window(self, begin: Snapshot | str, end: Snapshot | str, label: str | None = None) -> Window:
        """What was counted between two snapshots.

        Args:
            begin: a snapshot or its label; `"start"` is that before anything ran.
            end: a later one.
            label: under which it is kept, and written with the results; None: it is only returned.

        Raises:
            StatsError: there is no such snapshot, the two are the wrong way round, or the label is taken.
        """
        first, last = self._resolved(begin), self._resolved(end)
        made = subtract(label or f"{first.label}..{last.label}", first, last)
        if label is not None:
            if label in self._windows or label == TOTAL:
                raise StatsError(f"there is a window {label!r} already; use another label")
            self._windows[label] = made
        return made

    def window_again(self, begin: Snapshot, end: Snapshot, label: str) -> Window:
        """As `window`, with `.2`, `.3`... added to a label that is taken."""
        return self.window(begin, end, self._window_numbers.free(label, self._windows))

    @property
    def kept(self) -> int:
        """How many windows are kept."""
        return len(self._windows)

    def windows(self) -> list[Window]:
        """The window `total`, then the kept ones, oldest first."""
        return [subtract(TOTAL, self._start, self.current()), *self._windows.values()]

    def history(self) -> dict[str, Any]:
        """The snapshots and windows kept so far, as JSON can hold them."""
        return {
            "snapshots": [dump_snapshot(taken) for taken in self._snapshots.values()],
            "windows": [dump_window(window) for window in self._windows.values()],
        }

    def remember(self, data: object) -> None:
        """Take over the `history` of another run of this machine; StatsError when it is not of such a run."""
        if not isinstance(data, Mapping) or not all(isinstance(data.get(n), list) for n in ("snapshots", "windows")):
            raise StatsError("expected the snapshots and windows of a run")
        snapshots = [load_snapshot(self.sources, one) for one in data["snapshots"]]
        windows = [load_window(self.sources, one) for one in data["windows"]]
        self._snapshots = {taken.label: taken for taken in snapshots}
        self._windows = {window.label: window for window in windows}
        self._snapshot_numbers, self._window_numbers = _Numbers(), _Numbers()

    def __getitem__(self, name: str) -> Value:
        """The value now in its declared unit, exactly.

        Args:
            name: `path.stat`, such as `system.tlb.misses`.

        Returns:
            An int or Exact; of a vector or histogram Counts; of a formula a float, or None where it divides by zero.

        Raises:
            UnknownNameError: there is no such statistic; it names the nearest.
        """
        return self._of(name)[name]

    def by_label(self, name: str) -> dict[str, Number]:
        """The values of the vector or histogram `path.stat` now in its declared unit, by label or bin."""
        return self._of(name).by_label(name)

    def raw(self, name: str) -> Raw:
        """What the peer has counted of `path.stat`, in its own unit: of times thousandths of a cycle."""
        return self._of(name).raw(name)

    def count(self, name: str) -> int:
        """The value of `path.stat` now as a whole number; StatsError when it is not one."""
        return self._of(name).count(name)

    def counts(self, name: str) -> dict[str, int]:
        """The values of the vector or histogram `path.stat` now, by label or bin; StatsError when one is not whole."""
        return self._of(name).counts(name)

    def rows(self, wanted: Wanted | None = None) -> Iterator[Row]:
        """The long table of all windows: `total` first.

        Args:
            wanted: whether a statistic is, by its `path.stat`; None: all are.
        """
        for window in self.windows():
            yield from window.rows(self.run, wanted)

    def table(self, path_prefix: str = "", *, zeros: bool = True) -> str:
        """An aligned text table of the current values.

        Args:
            path_prefix: an object, with what lies below it, or how the names of some statistics begin; empty: all.
            zeros: False: values that are 0 are left out.

        Raises:
            StatsError: nothing has such a name.
        """
        return aligned(self.current(), path_prefix, once=True, zeros=zeros)

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        cycle, reference = self._clock()
        return f"<statistics of {len(self.sources)} objects at cycle {cycle}, reference {reference}; print shows them>"

    def _repr_html_(self) -> str:
        return html(self.current())

    def _read(self, label: str, before: Snapshot | None, of: Sequence[Source] | None = None) -> Snapshot:
        cycle, reference = self._clock()
        sources = self.sources if of is None else of
        raws = {source.path: source.collect() for source in sources}
        taken = Snapshot(label, sources, raws, cycle, reference)
        if before is not None:
            check_monotone(before, taken)
        check_conservation(taken)
        return taken

    def _of(self, name: str) -> Snapshot:
        """The values now of the object that has a statistic, with its checks; the others are not looked at."""
        source, _ = find(self.sources, name)
        return self._read("now", self._latest(), (source,))

    def _latest(self) -> Snapshot:
        return next(reversed(self._snapshots.values()), self._start)

    def _free(self, label: str) -> str:
        return self._snapshot_numbers.free(label, self._snapshots)

    def _resolved(self, given: Snapshot | str) -> Snapshot:
        if isinstance(given, Snapshot):
            return given
        if given == "start":
            return self._start
        if given not in self._snapshots:
            raise StatsError(f"there is no snapshot {given!r}; there is: {', '.join(['start', *self._snapshots])}")
        return self._snapshots[given]
