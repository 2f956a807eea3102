# SPDX-License-Identifier: BSD-3-Clause
"""What the objects of the 440 cite."""

from __future__ import annotations

from simobjects.framework import Citation

MANUAL = Citation(
    key="ppc440x5",
    title="PPC440x5 CPU Core User's Manual",
    authors=("IBM",),
    year=2002,
    number="SA14-2613-02",
    how="User's manual",
)
LINUX = "Linux kernel developers"
"""Whom a work names whose author is not known here."""
