# SPDX-License-Identifier: BSD-3-Clause
"""The shadow schemes that KVM on the 440 had, and some that it never had: the class of each, the tables it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme
from simobjects.cext.kvm.schemes.insertion import DirectInsertion, SavedInsertion
from simobjects.cext.kvm.schemes.python_scheme import RunningScheme
from simobjects.cext.kvm.schemes.reload import FullReload, GuestTidReload, LazyPidReload, ModifiedReload
from simobjects.cext.kvm.schemes.whatif import FlushOnce, LargePages, MagicPage, SpareHost, Tagged
from simobjects.kvm.tables import HardwarePidTable, MagicPageTable, ShadowRefTable, ShadowTable, ShadowTLBArray


@dataclass(frozen=True)
class TableSpec:
    """A table that a scheme keeps: its name in the machine, its class and parameters."""

    name: str
    make: type[ShadowTable]
    parameters: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Scheme:
    """One way in which guest translations reach the hardware TLB."""

    description: str
    peer: Callable[[KvmState], ShadowScheme]
    tables: tuple[TableSpec, ...]
    least_entries: int = 2
    """Of the hardware TLB with one pinned entry."""
    pinned: int = 0
    """Slots that it takes from the replaceable ones."""
    wide_guest: bool = False
    """The guest is told of a TLB larger than the hardware's."""


def _array(**parameters: bool) -> tuple[TableSpec, ...]:
    return (TableSpec("shadow_tlb", ShadowTLBArray, parameters),)


_REFS = TableSpec("shadow_refs", ShadowRefTable)
_COPY = TableSpec("shadow_tlb", ShadowTLBArray, {"page_pointers": False})

# The arrays' loop never writes slot H, so with H = 0 nothing of the guest would ever reach the hardware.
SCHEMES: dict[str, Scheme] = {
    "e0": Scheme(
        "2.6.26, 2.6.27: every guest entry reads the host's slots out and writes the whole shadow TLB",
        partial(FullReload, save_host=True),
        _array(modified_flags=False, host_copy=True),
        3,
    ),
    "e1": Scheme(
        "every guest entry writes the whole shadow TLB",
        FullReload,
        _array(modified_flags=False),
        3,
    ),
    "e2": Scheme("modified shadows are written; every privilege switch drops all", GuestTidReload, _array(), 3),
    "e3": Scheme(
        "2.6.28: TID 1 for the guest's kernel, 0 for its user; a new PID drops all at the next privilege switch",
        LazyPidReload,
        _array(),
        3,
    ),
    "e3b": Scheme(
        "the parent of commit 7924bd4109: a new PID drops the user's shadows at once; host-sized pages",
        ModifiedReload,
        _array(),
        3,
    ),
    "e4": Scheme(
        "commit 7924bd4109: shadows go straight into the hardware TLB, references to them are kept",
        DirectInsertion,
        (_REFS,),
    ),
    "e5": Scheme(
        "2.6.29: the guest's entries saved at a put, restored at a load; a surplus flush leaves nothing to save",
        partial(SavedInsertion, flush_first=True),
        (_REFS, _COPY),
    ),
    "e6": Scheme(
        "2.6.30 to 3.16: the same without the surplus flush",
        SavedInsertion,
        (_REFS, _COPY),
    ),
}
"""What KVM on the 440 had, oldest first."""

WHAT_IFS: dict[str, Scheme] = {
    "flush_once": Scheme("e4, with an instruction such as tlbivax that flushes at once", FlushOnce, (_REFS,)),
    "tagged": Scheme(
        "e4, with a hardware PID for each (privilege, PID) of the guest: changing them drops nothing",
        Tagged,
        (_REFS, TableSpec("hardware_pids", HardwarePidTable)),
    ),
    "large_pages": Scheme(
        "e4, with shadows as large as the guest's page where host memory is aligned", LargePages, (_REFS,)
    ),
    "spare_host": Scheme("e4, with a map that passes over the host's translations", SpareHost, (_REFS,)),
    "wide_guest": Scheme(
        "e4, with a guest that is told of a TLB four times as large (guest_tlb.entries, if not given)",
        DirectInsertion,
        (_REFS,),
        wide_guest=True,
    ),
    "magic_page": Scheme(
        "e4, with a page on which a guest that knows of it has its privileged registers as memory",
        MagicPage,
        (_REFS, TableSpec("magic_page", MagicPageTable)),
        3,
        pinned=1,
    ),
}
"""What it never had: the commit with one thing changed."""

PYTHON = Scheme("the script's own, in Python: python_scheme", RunningScheme, (_REFS,))

ALL_SCHEMES = {**SCHEMES, **WHAT_IFS, "python": PYTHON}
