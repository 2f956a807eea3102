# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects demo`: the claims of the commit, tested on the shipped trace."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from simobjects.base.shipped import CONFIGS

from .arguments.demo import SCRIPT


def demo(arguments: argparse.Namespace) -> int:
    """Execute the script as `python configs/examples/commit_claims.py` would; its exit status is the program's."""
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
    """The script below the current folder, or the one that came with this package."""
    return SCRIPT if SCRIPT.is_file() else Path(CONFIGS, *SCRIPT.parts[1:])
