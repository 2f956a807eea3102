# SPDX-License-Identifier: BSD-3-Clause
"""The machine with all its instructions: importing the modules that hold them fills the table."""

from __future__ import annotations

from tests.reference.ppc440 import branch, caches, integer, logical, mac, storage, system
from tests.reference.ppc440.machine import Machine

INSTRUCTIONS = (branch, caches, integer, logical, mac, storage, system)

__all__ = ["INSTRUCTIONS", "Machine"]
