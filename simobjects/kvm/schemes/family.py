# SPDX-License-Identifier: BSD-3-Clause
"""What every shadow scheme is to the machine: its tables, what it needs, and what the pages say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.framework import Citation, Ref, SimObject, System, ref, variants
from simobjects.framework.tree import walk
from simobjects.kvm.literature import COMMITS
from simobjects.kvm.tables import ShadowTable
from simobjects.ppc440.tlb import HardwareTLB


@dataclass(frozen=True)
class Table:
    """A table that a scheme keeps.

    Attributes:
        name: of the child of System that it becomes.
        make: its class.
        parameters: of the class, where they differ from its defaults.
    """

    name: str
    make: type[ShadowTable]
    parameters: dict[str, bool] = field(default_factory=dict)

    def made(self) -> ShadowTable:
        """A new table."""
        return self.make(**self.parameters)

    def adopt(self, found: ShadowTable) -> None:
        """A table that the script placed and left plain follows the scheme."""
        fields = self.make.model_fields
        if all(getattr(found, name) == fields[name].default for name in self.parameters):
            for name, value in self.parameters.items():
                setattr(found, name, value)


@dataclass(frozen=True)
class Figure:
    """The words of a scheme's picture."""

    into: str
    """From the guest's TLB to where a map puts the shadow."""
    load: str = ""
    """From KVM's array to the hardware; empty: maps go straight there."""
    put: str = "sweep of slots 0..H"
    back: str = "nothing: all is missed again"
    drops: str = "its entry, or a new PID (user shadows)"


class ShadowScheme(SimObject):
    """How the guest's translations reach the hardware TLB.

    A class derived from one of the schemes declares what is its own, and with `short` its name for scripts and the
    command line. Sources: arch/powerpc/kvm of the releases and at the commits that each names (`releases`, `commits`);
    the rules are in docs/model.md section 6.4, the lengths of KVM's paths in `CostModel`, those of C as estimates.
    """

    kind: ClassVar[str] = "scheme"

    tables: ClassVar[tuple[Table, ...]] = ()
    """What it keeps for one vcpu beside the guest's TLB; what the script does not place is placed for it."""
    least_entries: ClassVar[int] = 2
    """Of the hardware TLB with one pinned entry."""
    pinned: ClassVar[int] = 0
    """Slots that it takes from the replaceable ones."""
    releases: ClassVar[str] = ""
    """Linux releases that had it, "none" if it came and went between two; empty: there never was such a kernel."""
    commits: ClassVar[str] = ""
    """The commits that made it from the scheme before."""
    claimed: ClassVar[str] = ""
    """What their messages say to gain."""
    figure: ClassVar[Figure] = Figure("")

    system: Ref[System] = ref("where its tables are")
    tlb: Ref[HardwareTLB] = ref("the TLB that its shadows go to")

    @classmethod
    def cited(cls) -> tuple[Citation, ...]:
        """The commits too."""
        return (*cls.citation, *(COMMITS[name] for name in cls.commits.split(", ") if name in COMMITS))

    @property
    def title(self) -> str:
        """As the pages write it: E3b, or the short name of one that never was."""
        return f"E{self.short[1:]}" if self.releases else self.short or type(self).__name__

    def build(self, kvm: KvmState) -> Peer:
        """The running half, on the state that it shares with KVM.

        Args:
            kvm: registers, TLBs and costs of the simulation that is being made; a new one for each.
        """
        raise NotImplementedError

    def elaborate(self) -> None:
        """Place the tables that the machine has not got."""
        there = [found for found in walk(self.system) if isinstance(found, ShadowTable)]
        for table in self.tables:
            same = [found for found in there if type(found) is table.make]
            for found in same:
                table.adopt(found)
            if not same:
                setattr(self.system, table.name, table.made())
        for found in there:
            if not any(type(found) is table.make for table in self.tables):
                own = self.short or type(self).__name__
                self.note(f"{found.path} ({type(found).__name__}) is not used by scheme {own}")


def historical() -> dict[str, type[ShadowScheme]]:
    """What KVM on the 440 had, oldest first, by short name."""
    return {short: cls for short, cls in variants(ShadowScheme).items() if cls.releases}


def what_ifs() -> dict[str, type[ShadowScheme]]:
    """What it never had: the commit with one thing changed, by short name; those of this project."""
    known = variants(ShadowScheme).items()
    return {short: cls for short, cls in known if not cls.releases and cls.__module__.startswith("simobjects.")}
