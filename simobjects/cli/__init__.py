# SPDX-License-Identifier: BSD-3-Clause
"""The command line `simobjects`; see docs/command-line.md."""

from ._main import main

__all__ = ["main"]
