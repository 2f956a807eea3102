# SPDX-License-Identifier: BSD-3-Clause
"""What the rows are measured on, as the command line names it."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.naive import Naive, compile_scan
from benchmarks.sample import Sample

PART = 2_000_000
"""Look-ups given to the simulators that are called from Python."""


@dataclass
class Setting:
    """`folder` takes what is made on the way; `references` of each trace (None: all)."""

    folder: Path
    traces: Sequence[str] = ("sqlite",)
    references: int | None = None
    guests: Mapping[str, Path] = field(default_factory=dict)
    """Folders with vmlinux and initramfs.cpio, as `simobjects guest build` fills them, by what they are called."""
    recordings: Sequence[Path] = ()
    """What `trace import` imports."""

    @cached_property
    def library(self) -> ctypes.CDLL:
        """The naive scans, compiled."""
        return compile_scan(self.folder)

    def sample(self, trace: str) -> Sample:
        """The part of a trace that is measured."""
        return Sample.take(trace, self.references)

    def part(self) -> Sample:
        """The beginning of the first trace."""
        whole = self.sample(self.traces[0])
        return Sample.take(self.traces[0], min(PART, whole.references))

    def naive(self, sample: Sample) -> Naive:
        """The scans over it."""
        return Naive(sample.columns, self.library)
