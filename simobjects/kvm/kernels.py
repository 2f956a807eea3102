# SPDX-License-Identifier: BSD-3-Clause
"""Linux kernels by name: which shadow scheme each had, and which numbers of the cost model were its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from simobjects.framework import nearest

PARENT = "c0ca609c5f"
COMMIT = "7924bd4109"


@dataclass(frozen=True)
class Kernel:
    """What a kernel means for the simulation."""

    name: str
    scheme: str
    costs: Mapping[str, int] = field(default_factory=dict)
    """Parameters of the CostModel that differ from its defaults."""


def _releases() -> list[str]:
    return [*(f"2.6.{minor}" for minor in range(30, 40)), *(f"3.{minor}" for minor in range(17))]


KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel("2.6.26", "e0", {"e0_entry": 59}),
        Kernel("2.6.27", "e0", {"e0_entry": 62}),
        Kernel("2.6.28", "e3"),
        Kernel("parent", "e3b"),
        Kernel("commit", "e4"),
        Kernel("2.6.29", "e5"),
        *(Kernel(release, "e6") for release in _releases()),
    )
}
"""KVM on the 440 came with 2.6.26 and went with 3.17. "commit" is 7924bd4109, "parent" the state before it."""

_ALSO = {PARENT: "parent", COMMIT: "commit"}


def find_kernel(name: str) -> Kernel | None:
    """The kernel of that name, or None. A stable release is its base: 2.6.28.10 is 2.6.28, 3.14.79 is 3.14."""
    base = re.fullmatch(r"(2\.6\.\d+|[3-9]\.\d+)(\.\d+)?", name)
    return KERNELS.get(base[1] if base else _ALSO.get(name, name))


def nearest_kernel(name: str) -> str | None:
    """The known name that looks most like it; for a release before the first or after the last, that one."""
    version = re.fullmatch(r"(\d)\.(\d{1,2})(?:\.(\d\d?))?", name)
    if version is not None:
        number = tuple(int(part or 0) for part in version.groups())
        for known, outside in (("2.6.26", number < (2, 6, 26)), ("3.16", number >= (3, 17))):
            if outside:
                return known
    return nearest(name, [*KERNELS, *_ALSO])
