# SPDX-License-Identifier: BSD-3-Clause
"""A checksum over whole arrays at the speed of memory."""

from typing import Any

import numpy.typing as npt

def checksum(data: bytes | bytearray | memoryview | npt.NDArray[Any]) -> int: ...
