# SPDX-License-Identifier: BSD-3-Clause
"""The figures of docs/history.md."""

from __future__ import annotations

from collections.abc import Sequence

from history_page import WINDOWS, Measured, name_of  # these are beside this script
from history_runs import BOOT, HISTORY, SIZES, WHAT_IFS, Part, Setting

from simobjects.study.figures import Bar, Page, stacks

PARTS = {BOOT: "boot", WINDOWS: "windows 2 to 10"}
WITHOUT_FLUSH = ("e3b", "e4", "e5", "e6", *WHAT_IFS)
"""The schemes that drop nothing at a privilege switch: of the others the causes are nearly all that."""


def spent(part: Part) -> dict[str, float]:
    """Instructions of a part by what they went to: the guest, exits by kind, the VMM, the host's ticks."""
    beside_exits = {name: count for name, count in part.under("time").items() if name != "exits"}
    return {**part.under("spent"), **beside_exits}


def times(found: Measured, rungs: Sequence[str], heading: str) -> bytes:
    groups = [(text, [Bar(name_of(rung), spent(found(rung, part))) for rung in rungs]) for part, text in PARTS.items()]
    return stacks(groups, Page(), heading, "scheme", "instructions of host and guest")


def causes(found: Measured) -> bytes:
    groups = [
        (text, [Bar(name_of(rung), found(rung, part).under("cause")) for rung in WITHOUT_FLUSH])
        for part, text in PARTS.items()
    ]
    return stacks(groups, Page(), "Why a Linux guest misses", "scheme", "virt misses")


def sizes(found: Measured) -> bytes:
    groups = [
        (
            text,
            [
                Bar(f"{name_of(rung)}, {entries}", spent(found(Setting(rung, entries), part)))
                for entries in SIZES
                for rung in ("e3b", "e4")
            ],
        )
        for part, text in PARTS.items()
    ]
    heading = "Parent and commit by the size of the hardware's TLB"
    return stacks(groups, Page(), heading, "scheme, entries", "instructions of host and guest")


def figures(found: Measured) -> dict[str, bytes]:
    """By file name."""
    return {
        "history-times.svg": times(found, HISTORY, "A Linux guest under every step of KVM's history"),
        "history-causes.svg": causes(found),
        "history-sizes.svg": sizes(found),
    }
