# SPDX-License-Identifier: BSD-3-Clause
"""What things cost: every number a parameter, with its source or marked as estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from simobjects.cext.core.costs import Costs
from simobjects.framework import Cycles, Ratio, SimObject, estimate, param  # noqa: F401  Cycles: an annotation
from simobjects.isa.numbers import rows

KINDS = {"COUNT": "int", "CYCLES": "Cycles", "RATIO": "Ratio", "FLAG": "bool"}
"""Types of parameters by the kinds of costs.def."""
BOUNDS: dict[str, dict[str, Any]] = {
    "COUNT": {"ge": 0, "le": 1_000_000},
    "CYCLES": {"ge": 0, "le": 1_000_000},
    "RATIO": {"gt": 0, "le": 1000},
    "FLAG": {},
}


def _declared(kind: str, default: str, plausible: str, description: str) -> Any:
    """The parameter of one line of costs.def."""

    def read(text: str) -> Any:
        return text if kind == "RATIO" else text == "1" if kind == "FLAG" else int(text)

    if not plausible:
        return param(read(default), description, **BOUNDS[kind])
    low, high = plausible.split(" to ")
    return estimate(read(default), description, read(low), read(high), **BOUNDS[kind])


class CostModel(SimObject):
    """Instruction counts and latencies, from which cycles are made: instructions x CPI + latencies.

    A count is in instructions, a latency in cycles of the core, a CPI in cycles for an instruction; the kernels keep
    the last two in 1/1000. Each number's description names where it is published or counted, or it is an estimate: then
    it has a range of plausible values, over which `simobjects sensitivity` varies it. A checkpoint may be restored with
    other costs.
    """

    kind: ClassVar[str] = "costs"

    stateless: ClassVar[bool] = True
    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {"*": "any"}

    for _name, _kind, *_rest in rows("core/costs.def", "COST"):
        __annotations__[_name] = KINDS[_kind]
        locals()[_name] = _declared(_kind, *_rest)
    del _name, _kind, _rest

    flush: Literal["walk", "once"] = param(
        "walk", "sweep of the TLB slot by slot, as the 440 must, or in one instruction (what if)"
    )

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A cost of the table."""

    def make_peer(self) -> Costs:
        values = {name: _in_kernels(kind, getattr(self, name)) for name, kind, *_ in rows("core/costs.def", "COST")}
        return Costs(values, flush_in_one=self.flush == "once")


def _in_kernels(kind: str, value: Any) -> int:
    """A cost as the kernels count: cycles and ratios in 1/1000."""
    if isinstance(value, Ratio):
        return value.milli
    return 1000 * int(value) if kind == "CYCLES" else int(value)
