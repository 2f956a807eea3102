# SPDX-License-Identifier: BSD-3-Clause
"""The command line `simobjects`; see docs/command-line.md."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    raise NotImplementedError
