# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects demo`: the claims of the commit, tested on the shipped trace."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from simobjects.base.errors import InputError

from .arguments.demo import SCRIPT


def demo(arguments: argparse.Namespace) -> int:
    """Execute the script as `python configs/examples/commit_claims.py` would."""
    script = _find()
    before = sys.argv
    sys.argv = [str(script), *arguments.rest]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            return 1
        return stop.code or 0
    finally:
        sys.argv = before
    return 0


def _find() -> Path:
    """The script below the current folder, or in the source tree that this package runs from."""
    tree = Path(__file__).resolve().parents[2]
    for folder in (Path(), tree):
        if (folder / SCRIPT).is_file():
            return folder / SCRIPT
    raise InputError(
        f"not found here nor in {tree}", where=SCRIPT, fix="run `simobjects demo` in a clone of the project"
    )
