# SPDX-License-Identifier: BSD-3-Clause
"""The study configs/studies/kvm_truth.py as a module: its case lines are what the played guest takes, too."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

NAME = "kvm_truth"
FILE = Path(__file__).parents[2] / "configs" / "studies" / f"{NAME}.py"


def load_study() -> ModuleType:
    """The one module of that name: worker processes and the other tests find the same."""
    if NAME in sys.modules:
        return sys.modules[NAME]
    spec = importlib.util.spec_from_file_location(NAME, FILE)
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


study = load_study()
Case = study.Case
