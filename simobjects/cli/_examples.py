# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects examples`: the scripts that come with the project."""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Iterator
from pathlib import Path

from simobjects.base.errors import SimObjectsError
from simobjects.base.files import write_whole
from simobjects.base.shipped import CONFIGS
from simobjects.base.text import columns

LISTED = ("examples", "labs", "studies")
PASSED_OVER = ("__pycache__",)


def examples(arguments: argparse.Namespace) -> int:
    """Print the scripts that came with the package, each with what it shows; with `--copy` copy all of them.

    Raises:
        SimObjectsError: a file is there with other contents; then nothing was copied.
    """
    folder = Path(CONFIGS)
    if arguments.copy is None:
        print(columns([[str(name), summary] for name, summary in scripts(folder)]), end="")
        return 0
    copy(folder, arguments.copy)
    first = arguments.copy / "examples" / "kvm_guest.py"
    print(f"copied to {arguments.copy}; begin with: simobjects run {first}")
    return 0


def scripts(folder: Path) -> Iterator[tuple[Path, str]]:
    """The scripts that can be run, by their paths below `folder`, each with the first sentence of its docstring."""
    for kind in LISTED:
        for script in sorted((folder / kind).glob("*.py")):
            text = script.read_text(encoding="utf-8")
            if '__name__ == "__main__"' in text:
                said = ast.get_docstring(ast.parse(text)) or ""
                yield script.relative_to(folder), said.partition("\n\n")[0].replace("\n", " ")


def copy(folder: Path, to: Path) -> None:
    """Copy all files below `folder` to `to`. What is there already and is equal stays.

    Raises:
        SimObjectsError: a file is there with other contents; then nothing was copied.
    """
    contents = {file.relative_to(folder): file.read_bytes() for file in files(folder)}
    differing = [to / name for name, data in contents.items() if _differs(to / name, data)]
    if differing:
        more = f" (and {len(differing) - 1} more)" if len(differing) > 1 else ""
        raise SimObjectsError(
            f"is there already, and is not as it was shipped{more}", where=differing[0], fix="copy to another folder"
        )
    for name, data in contents.items():
        if not (to / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(to / name, data)
            (to / name).chmod((folder / name).stat().st_mode | 0o200)


def files(folder: Path) -> Iterator[Path]:
    """Every file below `folder`, in order."""
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(set(inner) - set(PASSED_OVER))
        yield from (Path(place, name) for name in sorted(names))


def _differs(file: Path, data: bytes) -> bool:
    """Whether something else is there already."""
    return file.exists() and (not file.is_file() or file.read_bytes() != data)
