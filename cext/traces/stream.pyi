# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams over memory-mapped columns (nothing is copied)."""

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
    def rewound(self) -> TraceStream: ...
    @property
    def summarised(self) -> bool: ...
    def summarise(self, blocks: Blocks | None = None) -> None: ...
    def page_bitmap(self) -> bytes: ...
