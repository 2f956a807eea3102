# SPDX-License-Identifier: BSD-3-Clause
"""A simulator of KVM on the PowerPC 440: everything that a config script needs, in one import."""

from simobjects.framework import ConfigError, Event, EventKind, SimObject, Simulation, System
from simobjects.guest.kernel import GuestKernel
from simobjects.kvm.guest_tlb import GuestTLB
from simobjects.kvm.host import HostKernel
from simobjects.kvm.tables import ShadowRefTable, ShadowTLBArray
from simobjects.kvm.task import VMM, HostTask
from simobjects.ppc440.core import Core440
from simobjects.ppc440.costs import CostModel
from simobjects.ppc440.micro_tlb import MicroTLB
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.ppc440.workload import Workload
from simobjects.workloads.interleave import Interleave
from simobjects.workloads.synthetic import SyntheticWorkload
from simobjects.workloads.trace_workload import TraceWorkload

__all__ = [
    "VMM",
    "ConfigError",
    "Core440",
    "CostModel",
    "Event",
    "EventKind",
    "GuestKernel",
    "GuestTLB",
    "HardwareTLB",
    "HostKernel",
    "HostTask",
    "Interleave",
    "MicroTLB",
    "ShadowRefTable",
    "ShadowTLBArray",
    "SimObject",
    "Simulation",
    "SyntheticWorkload",
    "System",
    "TraceWorkload",
    "Workload",
]
