# SPDX-License-Identifier: BSD-3-Clause
"""A peer's declared list of state."""

class State:
    def __init__(self, fields: dict[str, int | bytes] | None = None) -> None: ...
