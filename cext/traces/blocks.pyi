# SPDX-License-Identifier: BSD-3-Clause
"""Summaries of streams, so that a core can pass over whole blocks of records whose pages it holds."""

import numpy as np
import numpy.typing as npt

SHIFT: int

class Blocks:
    @property
    def records(self) -> int: ...
    @property
    def levels(self) -> int: ...
    def __init__(self, words: npt.NDArray[np.uint32]) -> None: ...
    def level(self, number: int) -> list[tuple[int, int, int, list[tuple[int, bool, bool]]]]: ...

class BlockMaker:
    @property
    def records(self) -> int: ...
    def __init__(self, shift: int = ...) -> None: ...
    def add(
        self,
        fetch_page: npt.NDArray[np.uint32],
        data_page: npt.NDArray[np.uint32],
        kind: npt.NDArray[np.uint8],
        accesses: npt.NDArray[np.uint16],
        fetches: npt.NDArray[np.uint32],
    ) -> None: ...
    def words(self) -> bytes: ...

def words_of(
    fetch_page: npt.NDArray[np.uint32],
    data_page: npt.NDArray[np.uint32],
    kind: npt.NDArray[np.uint8],
    accesses: npt.NDArray[np.uint16],
    fetches: npt.NDArray[np.uint32],
    shift: int = ...,
) -> bytes: ...
