# SPDX-License-Identifier: BSD-3-Clause
"""The machines that are timed: that of configs/examples/kvm_guest.py, and the same guest on the bare machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from simobjects import GuestKernel, HostKernel, HostTask, MicroTLB, System, TraceWorkload
from simobjects.boards import stream_machine
from simobjects.study.config_script import load

Kind = Literal["native", "e3b", "e4"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PINNED = 1
PYTHON_SCHEME = "configs/examples/python_scheme.py"
IO_EVERY = 1_000_000
"""User instructions between system calls, as in GuestKernel."""


def build(kind: Kind, trace: str, *, micro: bool = False, io_every: int = IO_EVERY) -> System:
    """A machine that runs `trace`, its micro-TLBs off or of the 440's sizes."""
    core = {"itlb": MicroTLB(entries=4 if micro else 0), "dtlb": MicroTLB(entries=8 if micro else 0)}
    host = None if kind == "native" else HostKernel(scheme=kind, hz="250Hz", tasks=[HostTask(every=10)])
    guest = GuestKernel(era="2.6.29", memory="128MiB", io_every=io_every)
    return stream_machine(TraceWorkload(trace), host, core=core, guest=guest)


def build_python_scheme(trace: str) -> System:
    """The machine of the example with a scheme in plain Python, on `trace`."""
    return load(Path(__file__).resolve().parents[1] / PYTHON_SCHEME, {"system.core.workload.trace": trace})
