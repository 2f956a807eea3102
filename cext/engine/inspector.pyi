# SPDX-License-Identifier: BSD-3-Clause
"""What a debugger sees of a core and changes."""

SPR_ROWS: list[tuple[str, int, int]]
SPRS: dict[str, int]
READ_ONLY: frozenset[str]
REGISTER_NAMES: tuple[str, ...]

class Inspector: ...
