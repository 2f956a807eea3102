# SPDX-License-Identifier: BSD-3-Clause
"""What a run leaves on disk."""

from __future__ import annotations

import json
from pathlib import Path

from ..stats.writers import write_csv, write_json, write_text
from .config import config_json
from .graphs.svg import to_svg
from .live import LiveMachine
from .tree import walk


def write_run(simulation: LiveMachine, directory: Path) -> None:
    """Write config.json, stats.txt, stats.json, stats.csv, graph.svg and events.jsonl into `directory`.

    Objects that have `artifacts` (contents by ending, such as `txt`) add files named after them; peers that have
    `files` (contents by name) files with names of their own.
    `stats.json` is written last and all at once: a directory that has it is complete.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(config_json(simulation.system), encoding="utf-8")
    (directory / "graph.svg").write_text(to_svg(simulation.system), encoding="utf-8")
    events = [
        json.dumps(
            {"kind": event.kind.name, "cycle": event.cycle, "reference": event.reference, "payload": event.payload},
            sort_keys=True,
            default=str,
        )
        for event in simulation.events
    ]
    (directory / "events.jsonl").write_text("".join(f"{line}\n" for line in events), encoding="utf-8")
    for obj in walk(simulation.system):
        for ending, content in obj.artifacts(simulation.peers).items():
            (directory / f"{obj.path}.{ending}").write_bytes(content)
        peer = simulation.peers.get(obj)
        if hasattr(peer, "files"):
            for name, content in peer.files().items():
                (directory / name).write_bytes(content)
    write_text(simulation.stats, directory / "stats.txt")
    write_csv(simulation.stats, directory / "stats.csv")
    write_json(simulation.stats, directory / "stats.json")
