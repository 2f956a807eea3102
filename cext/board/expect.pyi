# SPDX-License-Identifier: BSD-3-Clause
"""The script of a serial port, played in simulated time."""

from collections.abc import Callable, Iterable
from typing import Any

class ExpectScript:
    def __init__(
        self,
        steps: Iterable[tuple[bytes, bytes, int | None]] = (),
        *,
        announced: bool = False,
        ends: bool = True,
        mark: bytes = b"",
        names: Iterable[str] = (),
        report: Callable[[int, int, bytes, bool], str] = ...,
    ) -> None: ...
    def request(self, tail: bytes, now: int) -> tuple[int, dict[str, Any]]: ...
    def unmet(self, tail: bytes, now: int) -> dict[str, Any] | None: ...
    @property
    def position(self) -> tuple[int, bool]: ...
