# SPDX-License-Identifier: BSD-3-Clause
"""A guest that was saved on the bare machine goes on under a host: what becomes what, and what cannot be carried.

Registers become the vcpu's, the hardware's TLB entries the guest's TLB, memory guest memory; the devices, which are the
VMM's now, keep their state. Micro-TLBs, cached code and what else the hardware kept are gone, as after any exit. What
KVM has no place for is refused by name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Protocol

from simobjects.cext.board.memory import Memory
from simobjects.cext.kvm.adoption import adopt
from simobjects.cext.kvm.host import HostKernel as HostPeer
from simobjects.framework.checkpoint.container import State
from simobjects.framework.node import Part
from simobjects.framework.peers import Peers
from simobjects.framework.quantities import MEMORY_SIZE
from simobjects.framework.simobject import SimObject
from simobjects.framework.tree import ancestry, walk
from simobjects.isa.arch import TCR, W0
from simobjects.kvm.guest_tlb import GuestTLB
from simobjects.kvm.tables import ShadowTable
from simobjects.ppc440.core import Core440
from simobjects.ppc440.memory import PAGE

DEBUG = ("dbcr0", "dbcr1", "dbcr2", "iac1", "iac2", "iac3", "iac4", "dac1", "dac2", "dvc1", "dvc2")
LOCKED = ("dvlim", "ivlim")
TIMERS = {"FIE": TCR.FIE, "WIE": TCR.WIE, "WRC": TCR.WRC}
START = ("start", "registers", "memory")
"""Parameters of a program that say how it begins, and how much memory it has under a host: that is over, or checked."""


class Host(Protocol):
    """What is looked at of a host kernel, which imports this module."""

    core: Core440
    guest_tlb: GuestTLB
    guest_base: int

    @property
    def tsr_dis(self) -> str: ...


def brought(host: Part, guest_tlb: Part) -> set[str]:
    """Paths of the host's own objects, of the TLB that it keeps for its guest, and of its scheme's tables."""
    tables = [obj for obj in walk(ancestry(host)[-1]) if isinstance(obj, ShadowTable)]
    return {obj.path for root in (host, guest_tlb, *tables) for obj in walk(root)}


def translated(core: Core440) -> set[str]:
    """Paths of what cannot have its state back as it was: core, TLB, and memory, where the guest lies higher."""
    memory = core.memory.other
    return {core.path, core.hardware().path, *([memory.path] if isinstance(memory, SimObject) else [])}


def explains(core: Core440, path: str, name: str) -> bool:
    """Whether a fact may differ: how the guest begins, the host's memory and TLB, micro-TLBs, who takes exceptions."""
    program, memory = core.workload.path, core.memory.other
    if path.startswith(f"{program}.entries") or path in (core.itlb.path, core.dtlb.path):
        return True
    return (path, name) in {
        *((program, one) for one in START),
        (core.path, "connections"),
        (core.path, "faithful"),
        (core.hardware().path, "entries"),
        ("system", "memory"),
        *([(memory.path, "size")] if isinstance(memory, SimObject) else []),
    }


def take_over(host: Host, kernel: HostPeer, peers: Peers, states: Mapping[str, State]) -> list[str]:
    """Give the running halves the state of the bare machine.

    Args:
        host: the host as the script has it.
        kernel: its running half.
        peers: those of all objects.
        states: by path of the object of the bare machine, what its peer has saved.

    Returns:
        What cannot be carried over, a sentence each; none: everything was.

    Raises:
        ValueError: a state is not what a peer saves.
    """
    core, tlb, memory = host.core, host.core.hardware(), host.core.memory.other
    assert isinstance(memory, SimObject)
    ram = states[memory.path]
    engine, hardware, guest_tlb = peers[core], peers[tlb], peers[host.guest_tlb]
    told = [*_memory(host, ram), *_core(host, states[core.path])]
    entries = list(_entries(states[tlb.path]))
    if len(entries) > host.guest_tlb.entries:
        size = f"{host.guest_tlb.path}.entries is {host.guest_tlb.entries}"
        told.append(f"{size}, and the guest uses a TLB of {len(entries)}: make it as large")
    if peers[core.devices.other].lines[1]:
        told.append("a critical interrupt is pending at the interrupt controller, and the VMM has none to give")
    if told:
        return told

    _move(ram, peers[memory], int(host.guest_base) // PAGE)
    counts = {name: value for name, value in states[tlb.path].items() if not isinstance(value, bytes)}
    hardware.restore({**hardware.save(), **counts})
    for slot, words in enumerate(entries):
        guest_tlb.write_all(slot, *words)
    guest_tlb.forget_counts()

    # What was cached of the bare machine, and what a supervised core has of its own, is as in the new one.
    fresh = engine.save()
    engine.restore({**states[core.path], **{name: fresh[name] for name in _FRESH}})
    adopt(kernel, engine.registers())
    return []


def _move(ram: State, memory: Memory, by: int) -> None:
    """Put the pages that the bare machine has written into the host's memory, by so many pages further on."""
    pages = ram["pages"]
    assert isinstance(pages, bytes)
    numbers = [int.from_bytes(pages[at : at + 4], "big") + by for at in range(0, len(pages), 4)]
    kept = b"".join(number.to_bytes(4, "big") for number in numbers)
    memory.restore({"size": memory.save()["size"], "pages": kept, "data": ram["data"]})


_FRESH = ("micro_tlbs", "code_pages", "code_bytes", "deadline", "row", "row_mark", "sleeper")


def _memory(host: Host, ram: State) -> Iterator[str]:
    program = host.core.workload
    size, mine = ram.get("size"), int(getattr(program, "memory", 0))
    if size != mine:
        shown = MEMORY_SIZE.format(size) if isinstance(size, int) else "?"
        now = f"{program.path}.memory is {MEMORY_SIZE.format(mine)}"
        yield f"{now}, and the machine of the checkpoint had {shown}: set it to that"


def _core(host: Host, state: State) -> Iterator[str]:
    """What of a core KVM has no place for."""
    if state.get("reset_kind"):
        yield "the guest has reset the processor: there is nothing to go on with"
    if state.get("machine_check") or state.get("mcsr"):
        yield "a machine check is under way (MCSR), which KVM does not take over: save at another place"
    dbcr, iac, dac, dvc = (_words(state, name) for name in ("dbcr", "iac", "dac", "dvc"))
    found = dict(zip(DEBUG, (*dbcr, *iac, *dac, *dvc), strict=False))
    used = [name.upper() for name, value in found.items() if value]
    if used:
        yield f"the guest uses debug facilities of the hardware ({', '.join(used)}), which KVM does not give it"
    locked = [name.upper() for name in LOCKED if state.get(name)]
    if locked:
        yield f"the guest locks lines of the caches ({', '.join(locked)}), which KVM does not let it do"
    if state.get("tb_offset"):
        yield "the guest has set its time base (TBL, TBU), and under KVM it has the host's"
    tcr = _number(state, "tcr")
    armed = [name for name, bits in TIMERS.items() if tcr & bits]
    if armed:
        yield f"the guest has armed timers that KVM does not have (TCR[{','.join(armed)}])"
    if tcr & TCR.ARE and host.tsr_dis != "expiry":
        yield "the guest's decrementer reloads itself (TCR[ARE]), which KVM has from Linux 3.4 on (tsr_dis = expiry)"


def _entries(tlb: State) -> Iterator[tuple[int, int, int, int]]:
    """Words and TID of every slot, as the state of a TLB has them; slots that hold nothing are all zeros."""
    words = [_little(tlb, name, 4) for name in ("word0", "word1", "word2")]
    for w0, w1, w2, tid in zip(*words, _little(tlb, "tid", 1), strict=True):
        yield (w0, w1, w2, tid) if w0 & W0.VALID else (0, 0, 0, 0)


def _little(state: State, name: str, size: int) -> list[int]:
    """An array as it lies in this computer's memory."""
    value = state[name]
    if not isinstance(value, bytes) or len(value) % size:
        raise ValueError(f"{name} is no array")
    return [int.from_bytes(value[at : at + size], sys.byteorder) for at in range(0, len(value), size)]


def _words(state: State, name: str) -> list[int]:
    """An array of the core's state: words, the most significant byte first."""
    value = state[name]
    if not isinstance(value, bytes):
        raise ValueError(f"{name} is no array")
    return [int.from_bytes(value[at : at + 4], "big") for at in range(0, len(value), 4)]


def _number(state: State, name: str) -> int:
    value = state[name]
    if not isinstance(value, int):
        raise ValueError(f"{name} is no number")
    return value
