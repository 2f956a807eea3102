# SPDX-License-Identifier: BSD-3-Clause
"""What the decoders have in common: the records that they finish, and the error for what is no such stream."""

import numpy as np
import numpy.typing as npt

class DecodeError(ValueError):
    what: str
    offset: int
    line: int
    def __init__(self, what: str, offset: int, line: int = 0) -> None: ...

class Records:
    @property
    def left(self) -> int: ...
    def pour(
        self,
        fetch_page: npt.NDArray[np.uint32],
        data_page: npt.NDArray[np.uint32],
        kind: npt.NDArray[np.uint8],
        accesses: npt.NDArray[np.uint16],
        fetches: npt.NDArray[np.uint32],
        at: int,
    ) -> int: ...
    def totals(self) -> dict[str, int]: ...
