# SPDX-License-Identifier: BSD-3-Clause
"""What the decoders have in common: the records that they finish, and the error for what is no such stream."""

class DecodeError(ValueError):
    what: str
    offset: int
    line: int
    def __init__(self, what: str, offset: int, line: int = 0) -> None: ...

class Records:
    def take(self) -> tuple[bytes, bytes, bytes, bytes, bytes]: ...
    def totals(self) -> dict[str, int]: ...
