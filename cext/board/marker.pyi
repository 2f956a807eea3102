# SPDX-License-Identifier: BSD-3-Clause
"""Markers: word stores to offset 0 begin a window, to 4 end it, to 0x10 end the run; others record values."""

from typing import Any

from simobjects.cext.board.bus import Device

class Marker(Device):
    def request(self) -> tuple[int, dict[str, Any]]: ...
    def log(self) -> list[tuple[int, int]]: ...
