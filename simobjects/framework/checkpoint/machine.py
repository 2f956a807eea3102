# SPDX-License-Identifier: BSD-3-Clause
"""The state of a whole simulation, gathered from its peers and given back to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...stats import StatsError
from ..epoch import RESULTS_EPOCH
from ..live import LiveMachine
from ..roles import Restored, Saved
from ..system import System
from ..tree import walk
from .container import CheckpointError, Section, Stored, reading, write
from .differences import differences, refusals
from .takeover import taker_of

BESIDE_MEMORY = 256 << 20
"""Bytes that the state of a machine may have besides twice its memory, which code that was changed may be in once more:
tables, TLBs, what consoles have printed."""


def save(simulation: LiveMachine, file: Path) -> None:
    """Write the state of every peer. CheckpointError when one has no way to save it."""
    sections = []
    for path, peer in _peers(simulation):
        if not isinstance(peer, Saved):
            raise CheckpointError(
                f"{type(peer).__name__} cannot be saved, so this machine has no checkpoints", where=path
            )
        try:
            sections.append(Section(path, type(peer).__name__, peer.save()))
        except ValueError as error:
            raise CheckpointError(f"{path} has no checkpoints: {error}") from error
    about = {
        "results_epoch": RESULTS_EPOCH,
        "config": simulation.identity,
        "config_hash": simulation.config_hash,
        "cycle": simulation.cycle,
        "reference": simulation.reference,
        "history": simulation.stats.history(),
        "open_windows": simulation.open_windows,
    }
    write(file, about, sections)


def restore(simulation: LiveMachine, file: Path) -> None:
    """Give every peer its state. CheckpointError when the file is damaged or of a machine that is too different.

    After an error the simulation is of no use any more: some peers may have their state and others not.
    """
    with reading(file) as stored:
        _restore(simulation, file, stored)


def _restore(simulation: LiveMachine, file: Path, stored: Stored) -> None:
    """What costs little is compared first: nothing is decompressed for another machine."""
    about, kinds = stored.about, stored.kinds
    if about.get("results_epoch") != RESULTS_EPOCH:
        raise CheckpointError(
            f"{file}: written by another version of this program, of results epoch {about.get('results_epoch')}; this "
            f"one is of epoch {RESULTS_EPOCH} and counts otherwise: write the checkpoint again"
        )
    same = about.get("config_hash") == simulation.config_hash
    taker = None if same else taker_of(simulation.system, about.get("config"))
    new = taker.brings() if taker else set()
    aside = new | taker.translated() if taker else set()
    if not same:
        found = differences(about.get("config"), simulation.identity)
        if taker:
            found = [one for one in found if one.path not in new and not taker.explains(one.path, one.name)]
        _refuse(file, "the checkpoint is of another machine", refusals(simulation.system, found))
    peers = dict(_peers(simulation))
    for path in sorted({*kinds, *peers} - new):
        if path not in kinds or path not in peers or kinds[path] != type(peers[path]).__name__:
            raise CheckpointError(f"{path} is not the same object in the checkpoint and in this machine", where=file)
    if isinstance(simulation.system, System):
        stored.check_room(2 * int(simulation.system.memory) + BESIDE_MEMORY)
    # What the engine keeps of others' state, such as translations, it forgets when it gets its own: last.
    for path, peer in sorted(peers.items(), key=lambda item: item[1] is simulation.engine):
        if path not in aside:
            with _fitting(file, path):
                peer.restore(dict(stored.section(path).state))
    if taker:
        with _fitting(file, "this machine"):
            told = taker.take_over(simulation.peers, {path: stored.section(path).state for path in kinds})
        _refuse(file, "the guest cannot go on here", told)
    for path, peer in peers.items():
        if isinstance(peer, Restored) and path not in aside:
            with _fitting(file, path):
                peer.restored()
    _windows(file, simulation, about, same)


def _refuse(file: Path, what: str, reasons: list[str]) -> None:
    if reasons:
        listed = "".join(f"\n  {reason}" for reason in reasons)
        raise CheckpointError(f"{what}{listed}", where=file)


@contextmanager
def _fitting(file: Path, path: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError, TypeError, KeyError, IndexError, MemoryError) as error:
        raise CheckpointError(f"the state of {path} does not fit: {error}", where=file) from error


def _windows(file: Path, simulation: LiveMachine, about: dict[str, Any], same: bool) -> None:
    """The windows of the time before. With other parameters they are of another machine; an open one begins here."""
    try:
        simulation.stats.current()
        opened = dict(about["open_windows"])
        if same:
            simulation.stats.remember(about["history"])
        else:
            opened = {str(name): simulation.stats.snapshot_again(f"{name}_begin").label for name in opened}
        simulation.open_windows = opened
    except (StatsError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"its statistics do not fit: {error}", where=file) from error


def _peers(simulation: LiveMachine) -> list[tuple[str, Any]]:
    """Path and peer of every object that has state, in the order of the tree."""
    found = []
    for obj in walk(simulation.system):
        peer = simulation.peers.get(obj)
        if peer is not None and not obj.stateless:
            found.append((obj.path, peer))
    return found
