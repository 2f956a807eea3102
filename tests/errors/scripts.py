# SPDX-License-Identifier: BSD-3-Clause
"""Runs a few lines as if they were the file `script.py`, and gives the report that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import simobjects.framework
from simobjects.framework import ConfigError, Simulation, overriding
from tests.unit.framework import fakes


def report(script: str, overrides: Mapping[str, str] | None = None) -> str:
    """The text of the ConfigError that building the machine `system` of `script` raises."""
    public = {name: getattr(simobjects.framework, name) for name in simobjects.framework.__all__}
    names: dict[str, Any] = {**public, **vars(fakes), "__name__": "script"}
    try:
        with overriding(overrides or {}):
            exec(compile(script, "script.py", "exec", dont_inherit=True), names)
            Simulation(names["system"])
    except ConfigError as error:
        return str(error)
    raise AssertionError("no problem was reported")
