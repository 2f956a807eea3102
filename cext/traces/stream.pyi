# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams over memory-mapped columns (nothing is copied)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simobjects.cext.traces.blocks import Blocks

class TraceStream:
    @property
    def references(self) -> int: ...
    @property
    def instructions(self) -> int: ...
    def __init__(
        self,
        fetch_page: npt.NDArray[np.uint32],
        data_page: npt.NDArray[np.uint32],
        kind: npt.NDArray[np.uint8],
        accesses: npt.NDArray[np.uint16],
        fetches: npt.NDArray[np.uint32],
    ) -> None: ...
    @staticmethod
    def known(
        columns: Sequence[npt.NDArray[np.unsignedinteger]], references: int, instructions: int, pages: bytes
    ) -> TraceStream: ...
    def rewound(self) -> TraceStream: ...
    def pages(self) -> bytes: ...
    @property
    def summarised(self) -> bool: ...
    def summarise(self, blocks: Blocks | None = None) -> None: ...
