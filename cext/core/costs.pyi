# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of a CostModel, read once when the machine is built."""

from collections.abc import Mapping

class Costs:
    def __init__(self, values: Mapping[str, int], *, flush_in_one: bool = False) -> None: ...
