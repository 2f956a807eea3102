# SPDX-License-Identifier: BSD-3-Clause
"""What a run leaves on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from simobjects.base.files import write_whole
from simobjects.base.shown import shown
from simobjects.base.text import readable

from ..stats.writers import csv_of, json_text, text_of
from .answers import mapping
from .bibliography import BIBLIOGRAPHY, bibliography, citations
from .config import config_json
from .live import LiveMachine
from .problems import naming
from .roles import LeavesFiles
from .tree import walk

RECORD = "run.json"
"""The file of a run directory in which whoever ran the machine says how, with the digests of the other files."""


def write_run(simulation: LiveMachine, directory: Path, picture: bool = True) -> dict[str, str]:
    """Write config.json, citations.bib, stats.txt, stats.json, stats.csv, graph.svg and events.jsonl into `directory`.

    Without `picture` there is no graph.svg: to draw it takes longer than a short run.

    Objects that have `artifacts` (contents by ending, such as `txt`) add files named after them; peers that are
    `LeavesFiles` files with names of their own.
    `stats.json` is written last, and each file all at once: a directory that has it is complete.

    Returns the SHA-256 in hex of each file by its name. A record that an earlier run has left goes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / RECORD).unlink(missing_ok=True)
    digests = {}
    for name, content in run_files(simulation, picture):
        write_whole(directory / name, content)
        digests[name] = hashlib.sha256(content).hexdigest()
    return digests


def run_files(simulation: LiveMachine, picture: bool) -> Iterator[tuple[str, bytes]]:
    """(name, content) of what `write_run` writes, in its order."""
    yield "config.json", config_json(simulation.system).encode()
    yield BIBLIOGRAPHY, bibliography(citations(simulation.system)).encode()
    drawn = shown(simulation.system, "svg") if picture else None
    if drawn is not None:
        yield "graph.svg", readable(drawn).encode()
    events = [
        json.dumps(
            {"kind": event.kind.name, "cycle": event.cycle, "reference": event.reference, "payload": event.payload},
            sort_keys=True,
            default=str,
        )
        for event in simulation.events
    ]
    yield "events.jsonl", "".join(f"{line}\n" for line in events).encode()
    for obj in walk(simulation.system):
        with naming("asking for the files of", obj):
            files = mapping(obj, "artifacts", obj.artifacts(simulation.peers), bytes, "bytes")
        yield from ((f"{obj.path}.{ending}", content) for ending, content in files.items())
        peer = simulation.peers.get(obj)
        if isinstance(peer, LeavesFiles):
            yield from peer.files().items()
    yield "stats.txt", text_of(simulation.stats).encode()
    yield "stats.csv", csv_of(simulation.stats).encode()
    yield "stats.json", json_text(simulation.stats).encode()
