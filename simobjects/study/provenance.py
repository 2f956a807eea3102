# SPDX-License-Identifier: BSD-3-Clause
"""Where numbers come from: what ran, on what, made by which compiler, from which files, when.

`environment` is the same for all that one installation runs; Parquet files carry it. `run_provenance` adds host, times
and command of one run. Neither is part of the hash of a run, nor of what its record answers for: the same machine
elsewhere and later has another provenance and the same numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from simobjects.base.files import open_regular
from simobjects.framework import Simulation
from simobjects.framework.answers import mapping
from simobjects.framework.epoch import RESULTS_EPOCH
from simobjects.framework.node import Part
from simobjects.framework.problems import naming
from simobjects.framework.tree import walk

FORMAT = 1
_SMALL = 1 << 16
_ROOT = Path(__file__).resolve().parents[2]


@cache
def environment() -> Mapping[str, Any]:
    """Version, results epoch, commit (None when not known), Python, compilers, operating system, packages."""
    return {
        "format": FORMAT,
        "simobjects": _version("simobjects"),
        "results_epoch": RESULTS_EPOCH,
        "commit": _commit(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_compiler": platform.python_compiler(),
        "kernels_compiler": _kernels_compiler(),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}".strip(", "),
        "packages": {name: _version(name) for name in sorted(_required())},
    }


def run_provenance(
    simulation: Simulation,
    script: Path | str,
    command: list[str],
    begun: float,
    inputs: Mapping[str, str],
    one_line: bool = False,
) -> bytes:
    """`provenance.json` of one run.

    The contents that the machine's objects name are in it, with what the objects know of their origin. `command` makes
    the run again, `begun` is in seconds since 1970, `inputs` are digests of further files by what they are.
    With `one_line` it is a line without its end, for another file.
    """
    facts = {
        "host": socket.gethostname(),
        "processor": _processor(),
        "command": shlex.join(command),
        "began": _utc(begun),
        "ended": _utc(time.time()),
        "script": {"path": str(script), "sha256": file_digest(script)},
        "inputs": {**_known(inputs), **dict(_contents("system", simulation.identity))},
        "sources": {obj.path: facts for obj in walk(simulation.system) if (facts := _origin(obj))},
    }
    if one_line:
        return f"{_environment_line()}, {json.dumps(facts)[1:]}".encode()
    return f"{_environment_text()},{json.dumps(facts, indent=2)[1:]}\n".encode()


@cache
def _environment_text() -> str:
    """The first facts, as text of an object that goes on."""
    return json.dumps(environment(), indent=2)[:-2]


@cache
def _environment_line() -> str:
    return json.dumps(environment())[:-1]


def _origin(obj: Part) -> dict[str, str]:
    with naming("asking for the origin of", obj):
        return mapping(obj, "provenance", obj.provenance(), str, "texts")


def file_digest(path: Path | str) -> str | None:
    """The SHA-256 (hex) of a file; None when it cannot be read."""
    try:
        with open_regular(Path(path)) as file:
            first = file.read(_SMALL)
            if len(first) < _SMALL:  # `file_digest` makes room for a large file first
                return hashlib.sha256(first).hexdigest()
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _contents(path: str, dumped: object) -> Iterator[tuple[str, Any]]:
    """What the objects of a machine say of the contents they work on, by their paths."""
    if isinstance(dumped, list):
        for number, item in enumerate(dumped):
            yield from _contents(f"{path}[{number}]", item)
    if not isinstance(dumped, Mapping):
        return
    if dumped.get("identity"):
        yield path, dumped["identity"]
    for name, held in dumped.get("children", {}).items():
        yield from _contents(f"{path}.{name}", held)
    if "system" in dumped:
        yield from _contents("system", dumped["system"])


def _known(inputs: Mapping[str, str]) -> dict[str, str]:
    return {what: digest for what, digest in inputs.items() if digest}


def _version(package: str) -> str | None:
    found = _headers(package, "Version")
    return found[0] if found else None


def _required() -> set[str]:
    needed = _headers("simobjects", "Requires-Dist")
    return {re.split(r"[^\w.-]", text)[0] for text in needed if "extra ==" not in text}


def _headers(package: str, name: str) -> list[str]:
    """The values of a header of what pip has installed, in order. Without a parser: a package's whole page follows."""
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return []
    text = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    return re.findall(rf"^{name}: *(.*?)\s*$", text.partition("\n\n")[0], re.MULTILINE)


def _commit() -> str | None:
    """The commit of the source tree, `-changed` behind it when files differ from it; or what pip installed."""
    if (_ROOT / ".git").exists():
        try:
            ask = ["git", "-C", str(_ROOT), "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
            told = subprocess.run(ask, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
        except (OSError, subprocess.SubprocessError):
            return None
        head = next((line.split()[2] for line in told if line.startswith("# branch.oid ")), "(initial)")
        changed = not all(line.startswith("#") for line in told)
        return None if head == "(initial)" else head + ("-changed" if changed else "")
    try:
        installed = json.loads(metadata.distribution("simobjects").read_text("direct_url.json") or "{}")
        commit = installed.get("vcs_info", {}).get("commit_id")
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return None
    return commit if isinstance(commit, str) else None


def _kernels_compiler() -> str | None:
    """What has made the kernels, of which this part uses none: so it asks the one that says so by name."""
    told: str = import_module("simobjects.cext.arch.compiler").compiler()
    return told or None


@cache
def _processor() -> str | None:
    try:
        found = re.search(r"^(?:model name|cpu)\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return platform.processor() or None
    return found[1] if found else None


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def command_line() -> list[str]:
    """How this program was called."""
    return [Path(sys.argv[0]).name or "python", *sys.argv[1:]] if sys.argv else [os.path.basename(sys.executable)]
