# SPDX-License-Identifier: BSD-3-Clause
"""Shadow schemes: how the guest's translations reach the hardware TLB, one small class for each.

`HostKernel(scheme=...)` takes an object of any of these classes, or its short name. A scheme of one's own is a subclass
of PythonScheme; with a `short` name it can be named like the others.
"""

from simobjects.kvm.schemes.direct import DirectInsertion
from simobjects.kvm.schemes.family import Figure, ShadowScheme, Table, historical, what_ifs
from simobjects.kvm.schemes.flush_once import FlushOnce
from simobjects.kvm.schemes.in_python import HookError, PythonScheme, RunningScheme
from simobjects.kvm.schemes.large_pages import LargePages
from simobjects.kvm.schemes.magic_page import MagicPage
from simobjects.kvm.schemes.reload import FullReload, GuestTidReload, LazyPidReload, ModifiedReload, SavingReload
from simobjects.kvm.schemes.saved import FlushedInsertion, SavedInsertion
from simobjects.kvm.schemes.spare_host import SpareHost
from simobjects.kvm.schemes.tagged import Tagged
from simobjects.kvm.schemes.wide_guest import WideGuest

__all__ = [
    "DirectInsertion",
    "Figure",
    "FlushOnce",
    "FlushedInsertion",
    "FullReload",
    "GuestTidReload",
    "HookError",
    "LargePages",
    "LazyPidReload",
    "MagicPage",
    "ModifiedReload",
    "PythonScheme",
    "RunningScheme",
    "SavedInsertion",
    "SavingReload",
    "ShadowScheme",
    "SpareHost",
    "Table",
    "Tagged",
    "WideGuest",
    "historical",
    "what_ifs",
]
