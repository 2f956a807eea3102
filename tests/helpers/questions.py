# SPDX-License-Identifier: BSD-3-Clause
"""The studies of configs/studies/questions, as modules."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "configs" / "studies" / "questions"


@cache
def module(name: str) -> Any:
    """A file of the folder; those beside it are found by their names, as when it is executed."""
    sys.path.insert(0, str(FOLDER))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


def questions() -> dict[str, Any]:
    """All of them by name."""
    return {each.name: each for each in module("index").QUESTIONS}
