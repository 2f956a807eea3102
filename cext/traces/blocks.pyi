# SPDX-License-Identifier: BSD-3-Clause
"""Summaries of streams, so that a core can pass over whole blocks of records whose pages it holds."""

from typing import Any, TypeAlias

Column: TypeAlias = Any  # what has a buffer of the column's type: an array of NumPy, a view, bytes

SHIFT: int

class Blocks:
    @property
    def records(self) -> int: ...
    @property
    def levels(self) -> int: ...
    def __init__(self, words: Column) -> None: ...
    def level(self, number: int) -> list[tuple[int, int, int, list[tuple[int, bool, bool]]]]: ...

class BlockMaker:
    @property
    def records(self) -> int: ...
    def __init__(self, shift: int = ...) -> None: ...
    def add(
        self,
        fetch_page: Column,
        data_page: Column,
        kind: Column,
        accesses: Column,
        fetches: Column,
    ) -> None: ...
    def words(self) -> bytes: ...

def words_of(
    fetch_page: Column,
    data_page: Column,
    kind: Column,
    accesses: Column,
    fetches: Column,
    shift: int = ...,
) -> bytes: ...
