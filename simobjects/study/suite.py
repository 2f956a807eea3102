# SPDX-License-Identifier: BSD-3-Clause
"""Suites: named sets of workloads with weights, whose contents are known by their hashes.

A suite is a JSON file: `{"format": 1, "name": ..., "workloads": [{"name": ..., "weight": 1, "set": {path: value},
"files": {file: sha256}}]}`. `set` is what makes a machine run the workload; `files`, from the suite's own folder, are
checked before a study begins, and a value `{file}` in `set` is its full path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import InputError
from simobjects.base.files import read_regular, write_whole
from simobjects.base.names import listed, nearest

from .axes import grid
from .provenance import file_digest
from .space import Space

FORMAT = 1
_SHIPPED = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Workload:
    """One workload of a suite.

    Attributes:
        name: the value of the axis.
        settings: what makes a machine run it: text by path; `{file}` is the full path of one of its files.
        weight: in means over the suite.
        files: SHA-256 in hex by name, from the suite's own folder.
    """

    name: str
    settings: Mapping[str, str]
    weight: float
    files: Mapping[str, str]


@dataclass(frozen=True)
class Suite:
    """Workloads under a name. `load("traces")` is a shipped one, `load("mine.json")` one of yours."""

    name: str
    workloads: tuple[Workload, ...]
    folder: Path

    @classmethod
    def load(cls, path_or_name: str | Path) -> Suite:
        """Read a suite, and check its files.

        Args:
            path_or_name: of a JSON file, or the name of a shipped suite (without dot and slash).

        Raises:
            InputError: there is none, it is damaged, or a file has other contents than it says.
        """
        path = Path(path_or_name)
        if isinstance(path_or_name, str) and "/" not in path_or_name and "." not in path_or_name:
            path = _SHIPPED / f"{path_or_name}.json"
            if not path.is_file():
                near = nearest(path_or_name, shipped_suites())
                fix = f"did you mean {near}?" if near else f"shipped are: {listed(shipped_suites())}"
                raise InputError("no shipped suite has this name", where=path_or_name, fix=fix)
        suite = cls._read(path)
        for workload in suite.workloads:
            for name, digest in workload.files.items():
                found = file_digest(suite.folder / name)
                if found != digest:
                    what = "cannot be read" if found is None else f"has SHA-256 {found}, the suite says {digest}"
                    raise InputError(what, where=suite.folder / name, fix="get the file again, or correct the suite")
        return suite

    @classmethod
    def _read(cls, path: Path) -> Suite:
        try:
            facts = json.loads(read_regular(path))
            if facts["format"] != FORMAT:
                raise InputError(f"format {facts['format']!r}, this version reads {FORMAT}", where=path)
            workloads = tuple(
                Workload(
                    str(one["name"]),
                    {str(name): str(value) for name, value in one["set"].items()},
                    float(one.get("weight", 1)),
                    {str(name): str(value) for name, value in one.get("files", {}).items()},
                )
                for one in facts["workloads"]
            )
            names = [workload.name for workload in workloads]
            if twice := next((name for name in names if names.count(name) > 1), ""):
                raise InputError(f"has two workloads of the name {twice}", where=path, fix="rename one")
            return cls(str(facts["name"]), workloads, path.resolve().parent)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", where=path, fix="name a suite") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"is no suite ({type(error).__name__}: {error})"
            raise InputError(what, where=path, fix="docs/sweeps.md says what is in one") from None

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each workload by its name, as `Results.weighted` takes them."""
        return {workload.name: workload.weight for workload in self.workloads}

    def axis(self, name: str = "workload") -> Space:
        """The workloads as an axis, to be multiplied with others.

        Args:
            name: of the axis.
        """
        return grid({name: self.settings()})

    def settings(self) -> dict[str, dict[str, str]]:
        """What each workload sets, by its name, with full paths of its files; several suites together make an axis."""
        return {
            workload.name: {
                path: str(self.folder / value[1:-1]) if value.startswith("{") else value
                for path, value in workload.settings.items()
            }
            for workload in self.workloads
        }

    def write(self) -> Path:
        """Write `suite.json` into the suite's folder, with the hashes of the files as they are now.

        Raises:
            InputError: a file cannot be read, or the folder does not take the suite.
        """
        path = self.folder / "suite.json"
        workloads = []
        for workload in self.workloads:
            digests = {name: file_digest(self.folder / name) for name in workload.files}
            if lost := next((name for name, digest in digests.items() if digest is None), ""):
                raise InputError("cannot be read", where=self.folder / lost, fix="make it again")
            facts = {"name": workload.name, "weight": workload.weight, "set": dict(workload.settings)}
            workloads.append({**facts, "files": digests})
        text = json.dumps({"format": FORMAT, "name": self.name, "workloads": workloads}, indent=1)
        try:
            write_whole(path, text.encode() + b"\n")
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror})", where=path, fix="name another folder") from None
        return path


def shipped_suites() -> list[str]:
    """The names of the suites that come with the project."""
    return sorted(path.stem for path in _SHIPPED.glob("*.json"))
