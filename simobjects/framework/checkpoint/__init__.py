# SPDX-License-Identifier: BSD-3-Clause
"""Checkpoints: the state of a machine in one file, from which runs go on."""

from .container import VERSION, CheckpointError, Section, read, reading, write
from .machine import restore, save

__all__ = ["VERSION", "CheckpointError", "Section", "read", "reading", "restore", "save", "write"]
