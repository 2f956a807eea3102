# SPDX-License-Identifier: BSD-3-Clause
"""Chrome's trace events, which Perfetto reads: tracks, slices, counters, flow arrows, one event a line.

The format counts microseconds. One of them stands for one cycle here, so that a thousandth of a cycle, the unit of the
simulation, is Perfetto's nanosecond and nothing is rounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from simobjects.isa.arch import OPERATION_NAMES
from simobjects.kvm.names import CAUSE_NAMES, EXIT_NAMES
from simobjects.ppc440.core import CYCLE_KINDS

from .exits import SIGNAL, Origin, WatchedExit
from .watch import Place

PROCESS = 1
USER, KERNEL, KVM, VMM, HOST, TASKS = range(1, 7)
"""Tracks; the host's other tasks have those from the last on."""

_ELSEWHERE = {
    "tick": (HOST, "timer interrupt"),
    "vmm": (VMM, "runs"),
    "switch": (HOST, "switch"),
    "tasks": (TASKS, "runs"),
    "idle": (HOST, "idle"),
}
PLACES = {CYCLE_KINDS.index(kind): place for kind, place in _ELSEWHERE.items()}
"""Track and name of a kind of cycles that is spent outside the guest and KVM."""

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode

WITH_ADDRESS = {"itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio", "isi", "dsi"}
WITH_OPERATION = {"inst_emu", "dcr", "emulation_failure"}


class TraceEvents:
    """Writes exits as events, as they come; `close` makes the file whole."""

    def __init__(self, out: TextIO, machine: str, tasks: Sequence[str], function: Place | None = None) -> None:
        """`tasks`: the names of the host's other tasks; `function`: of the guest at a pc, "" where none is known."""
        self._out = out
        self._function = function
        self._arrows = 0
        self._counted: dict[str, int] = {}
        self._out.write('{"displayTimeUnit":"ns","traceEvents":[\n')
        self._first = True
        self._name("process_name", 0, machine)
        names = ["guest, user", "guest, kernel", "KVM", "VMM", "host", *tasks]
        for track, name in enumerate(names, start=1):
            self._name("thread_name", track, name)
            self._event("M", track, name="thread_sort_index", args={"sort_index": track})

    def exit(self, found: WatchedExit) -> None:
        """The guest's stretch before an exit, the exit, what it led to elsewhere, and its arrows."""
        self.guest(found.since, found.begin, user=found.user, pid=found.pid)
        self._slice(KVM, found.begin, found.end, EXIT_NAMES[found.kind], "exit", self._about(found))
        for start in found.signals:
            args = {"pc": _hex(found.pc), "cycles": _cycles(found.own(SIGNAL))}
            self._slice(KVM, start, found.end, EXIT_NAMES[SIGNAL], "exit", args)
        for time in found.wakeups:
            self._event("i", KVM, time, name="halt_wakeup", cat="exit", s="t")
        for span in found.spans:
            if span.kind in PLACES and span.end > span.start:
                track, name = PLACES[span.kind]
                self._slice(track + (span.whose if track == TASKS else 0), span.start, span.end, name, "host", {})
        if found.shadows >= 0:
            self._counter("live shadows", found.end, found.shadows)
            self._counter("host entries alive", found.end, found.host)
        self._arrow(found.follows, found, "within a real miss's handler")
        self._arrow(found.later_of, found, "after a real miss's handler")

    def guest(self, start: int, end: int, *, user: bool, pid: int) -> None:
        """The guest ran."""
        if end > start:
            self._slice(USER if user else KERNEL, start, end, "user" if user else "kernel", "guest", {"PID": pid})

    def close(self, about: Mapping[str, Any]) -> None:
        """The end of the file, with what is to be known of it as a whole."""
        self._out.write(f'\n],"otherData":{json.dumps(dict(about))}}}\n')

    def _about(self, found: WatchedExit) -> dict[str, Any]:
        name = EXIT_NAMES[found.kind]
        about: dict[str, Any] = {"pc": _hex(found.pc)}
        if self._function is not None and (function := self._function(found.pc)):
            about["function"] = function
        if name in WITH_ADDRESS:
            about["address"] = _hex(found.address)
        if name in WITH_OPERATION and found.operation >= 0:
            about["operation"] = OPERATION_NAMES[found.operation]
        if found.cause >= 0:
            about["cause"] = CAUSE_NAMES[found.cause]
            about["guest_entry"] = found.guest_entry
        about["cycles"] = _cycles(found.own(found.kind))
        if found.shadows < 0:
            about["unfinished"] = True
        return about

    def _arrow(self, origin: Origin | None, found: WatchedExit, name: str) -> None:
        if origin is None:
            return
        self._arrows += 1
        self._event("s", KVM, origin.begin, name=name, cat="real miss", id=self._arrows)
        self._event("f", KVM, found.begin, name=name, cat="real miss", id=self._arrows, bp="e")

    def _counter(self, name: str, time: int, value: int) -> None:
        if self._counted.get(name) != value:
            self._counted[name] = value
            self._event("C", 0, time, name=name, args={"entries": value})

    def _slice(self, track: int, start: int, end: int, name: str, cat: str, args: Mapping[str, Any]) -> None:
        self._event("X", track, start, end - start, name=name, cat=cat, args=args)

    def _name(self, what: str, track: int, name: str) -> None:
        self._event("M", track, name=what, args={"name": name})

    def _event(self, phase: str, track: int, time: int = 0, lasts: int | None = None, **others: Any) -> None:
        dur = "" if lasts is None else f',"dur":{_number(lasts)}'
        rest = _ENCODE(others)[1:]
        separator = "" if self._first else ",\n"
        self._first = False
        self._out.write(f'{separator}{{"ph":"{phase}","pid":{PROCESS},"tid":{track},"ts":{_number(time)}{dur},{rest}')


def _number(time: int) -> str:
    """1/1000 cycle as cycles, exactly."""
    return f"{time // 1000}.{time % 1000:03}" if time % 1000 else str(time // 1000)


def _cycles(time: int) -> float:
    return time / 1000


def _hex(value: int) -> str:
    return f"{value:#010x}"
