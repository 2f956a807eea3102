# SPDX-License-Identifier: BSD-3-Clause
"""The machines that are timed: that of configs/examples/kvm_guest.py, and the same guest on the bare machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

from simobjects import GuestKernel, HostKernel, HostTask, Interleave, MicroTLB, System, TraceWorkload
from simobjects.boards import stream_machine
from simobjects.study.config_script import load

Kind = Literal["native", "e3b", "e4"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PINNED = 1
PYTHON_SCHEME = "configs/examples/python_scheme.py"
WIDE = 256
QUANTUM = 100_000
IO_EVERY = 1_000_000
"""User instructions between system calls, as in GuestKernel."""


def build(kind: Kind, trace: str, *, micro: bool = False, io_every: int = IO_EVERY) -> System:
    """A machine that runs `trace`, its micro-TLBs off or of the 440's sizes."""
    host = None if kind == "native" else HostKernel(scheme=kind, hz="250Hz", tasks=[HostTask(every=10)])
    return stream_machine(TraceWorkload(trace), host, core=_micro(micro), guest=_guest(io_every=io_every))


def build_python_scheme(trace: str) -> System:
    """The machine of the example with a scheme in plain Python, on `trace`."""
    return load(Path(__file__).resolve().parents[1] / PYTHON_SCHEME, {"system.core.workload.trace": trace})


def under(scheme: str, trace: str, **guest: Any) -> System:
    """The machine of e4 with another scheme of KVM, or another guest."""
    host = HostKernel(scheme=scheme, hz="250Hz", tasks=[HostTask(every=10)])
    entries = WIDE if scheme == "wide_guest" else None  # which is about a guest's TLB larger than the hardware's
    return stream_machine(TraceWorkload(trace), host, guest=_guest(**guest), core=_micro(False), guest_entries=entries)


def mixed(trace: str) -> dict[str, tuple[str, Callable[[], System]]]:
    """Machines whose TLB holds several sizes, several TIDs, more pinned entries: what it is, and what makes it."""

    def sized(size: str) -> System:
        return stream_machine(TraceWorkload(trace), guest=_guest(page_size=size), core=_micro(False))

    def processes(scheme: str | None) -> System:
        host = None if scheme is None else HostKernel(scheme=scheme, hz="250Hz", tasks=[HostTask(every=10)])
        twice = Interleave(processes=[TraceWorkload(trace), TraceWorkload(trace)], quantum=QUANTUM)
        return stream_machine(twice, host, guest=_guest(), core=_micro(False))

    def pinned() -> System:
        host = HostKernel(scheme="e4", hz="250Hz", tasks=[HostTask(every=10)], early_debug=True)
        return stream_machine(TraceWorkload(trace), host, memory="768MiB", guest=_guest(), core=_micro(False))

    return {
        "native, 16 KiB pages": ("the guest's kernel has 256 MiB pages, its programs 16 KiB", lambda: sized("16KiB")),
        "native, 64 KiB pages": ("as above with 64 KiB", lambda: sized("64KiB")),
        "e4, 64 KiB pages": ("a guest of 64 KiB pages under E4", lambda: under("e4", trace, page_size="64KiB")),
        "native, two processes": (
            f"the trace twice, a switch every {QUANTUM} instructions: TIDs",
            lambda: processes(None),
        ),
        "e4, two processes": ("the same under E4", lambda: processes("e4")),
        "e4, more pins": ("a host of 768 MiB with an early debug UART: it pins more slots", pinned),
    }


def _guest(**values: Any) -> GuestKernel:
    return GuestKernel(**{"era": "2.6.29", "memory": "128MiB", "io_every": IO_EVERY, **values})


def _micro(on: bool) -> dict[str, MicroTLB]:
    return {"itlb": MicroTLB(entries=4 if on else 0), "dtlb": MicroTLB(entries=8 if on else 0)}
