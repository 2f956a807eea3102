# SPDX-License-Identifier: BSD-3-Clause
"""A simulator of KVM on the PowerPC 440: everything that a config script needs, in one import."""

from simobjects.framework import ConfigError, Event, EventKind, SimObject, Simulation, System, param
from simobjects.guest.kernel import GuestKernel
from simobjects.kvm.guest_tlb import GuestTLB
from simobjects.kvm.host import HostKernel
from simobjects.kvm.python_scheme import PythonScheme, RunningScheme
from simobjects.kvm.tables import HardwarePidTable, ShadowRefTable, ShadowTLBArray
from simobjects.kvm.task import VMM, HostTask
from simobjects.ppc440.board import Bamboo
from simobjects.ppc440.bus import Bus
from simobjects.ppc440.core import Core440
from simobjects.ppc440.costs import CostModel
from simobjects.ppc440.marker import MarkerDevice
from simobjects.ppc440.memory import Memory
from simobjects.ppc440.micro_tlb import MicroTLB
from simobjects.ppc440.start import StartEntry
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.ppc440.uart import UART16550
from simobjects.ppc440.uic import UIC
from simobjects.ppc440.workload import Workload
from simobjects.workloads.elf_program import ElfProgram, RawImage
from simobjects.workloads.interleave import Interleave
from simobjects.workloads.synthetic import SyntheticWorkload
from simobjects.workloads.trace_workload import TraceWorkload

__all__ = [
    "UART16550",
    "UIC",
    "VMM",
    "Bamboo",
    "Bus",
    "ConfigError",
    "Core440",
    "CostModel",
    "ElfProgram",
    "Event",
    "EventKind",
    "GuestKernel",
    "GuestTLB",
    "HardwareTLB",
    "HardwarePidTable",
    "HostKernel",
    "HostTask",
    "Interleave",
    "MarkerDevice",
    "Memory",
    "MicroTLB",
    "PythonScheme",
    "RawImage",
    "RunningScheme",
    "ShadowRefTable",
    "ShadowTLBArray",
    "SimObject",
    "Simulation",
    "StartEntry",
    "SyntheticWorkload",
    "System",
    "TraceWorkload",
    "Workload",
    "param",
]
