# SPDX-License-Identifier: BSD-3-Clause
"""Names of columns that no language of queries has to quote, beside the paths of parameters and statistics."""

from __future__ import annotations

import re
from collections.abc import Iterable


def column_names(paths: Iterable[str]) -> dict[str, str]:
    """By path: letters, digits and `_`, without `system`; `system.host.exits[dtlb_v]` is `host_exits_dtlb_v`.

    A name that two paths would have gets a number.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        plain = re.sub(r"\W+", "_", path.removeprefix("system."), flags=re.ASCII).strip("_").lower() or "value"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        names[path] = name
    return names
