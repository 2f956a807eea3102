# SPDX-License-Identifier: BSD-3-Clause
"""A simulator of KVM on the PowerPC 440: everything that a config script needs, in one import."""

from simobjects.framework import ConfigError as ConfigError
from simobjects.framework import Event as Event
from simobjects.framework import EventKind as EventKind
from simobjects.framework import SimObject as SimObject
from simobjects.framework import Simulation as Simulation
from simobjects.framework import System as System
from simobjects.framework import param as param
from simobjects.guest.kernel import GuestKernel as GuestKernel
from simobjects.kvm.guest_tlb import GuestTLB as GuestTLB
from simobjects.kvm.host import HostKernel as HostKernel
from simobjects.kvm.python_scheme import PythonScheme as PythonScheme
from simobjects.kvm.python_scheme import RunningScheme as RunningScheme
from simobjects.kvm.tables import HardwarePidTable as HardwarePidTable
from simobjects.kvm.tables import ShadowRefTable as ShadowRefTable
from simobjects.kvm.tables import ShadowTLBArray as ShadowTLBArray
from simobjects.kvm.task import VMM as VMM
from simobjects.kvm.task import HostTask as HostTask
from simobjects.ppc440.board import Bamboo as Bamboo
from simobjects.ppc440.bus import Bus as Bus
from simobjects.ppc440.core import Core440 as Core440
from simobjects.ppc440.costs import CostModel as CostModel
from simobjects.ppc440.marker import MarkerDevice as MarkerDevice
from simobjects.ppc440.memory import Memory as Memory
from simobjects.ppc440.micro_tlb import MicroTLB as MicroTLB
from simobjects.ppc440.start import StartEntry as StartEntry
from simobjects.ppc440.tlb import HardwareTLB as HardwareTLB
from simobjects.ppc440.uart import UART16550 as UART16550
from simobjects.ppc440.uic import UIC as UIC
from simobjects.ppc440.workload import Workload as Workload
from simobjects.programs.elf_program import ElfProgram as ElfProgram
from simobjects.programs.elf_program import RawImage as RawImage
from simobjects.traces.interleave import Interleave as Interleave
from simobjects.traces.synthetic import SyntheticWorkload as SyntheticWorkload
from simobjects.traces.trace_workload import TraceWorkload as TraceWorkload
