# SPDX-License-Identifier: BSD-3-Clause
"""Breakpoints and watchpoints of a core."""

WATCH_KINDS: dict[str, int]

class Breakpoints:
    def __init__(self) -> None: ...
