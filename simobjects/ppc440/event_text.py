# SPDX-License-Identifier: BSD-3-Clause
"""Events of a core as text: addresses in hexadecimal, the registers of a guest that cannot go on."""

from __future__ import annotations

from collections.abc import Mapping

from simobjects.framework.events import details

GENERAL = 38
"""So many registers are always shown: r0 to r31, pc, msr, cr, lr, ctr, xer; of the others those that hold something."""
_ADDRESSES = ("pc", "address")
_RESETS: Mapping[object, str] = {1: "core", 2: "chip", 3: "system"}
"""DBCR0[RST] and TCR[WRC]."""
_HIDDEN = ("registers", "access")


def event_text(payload: Mapping[str, object]) -> str:
    """What follows the kind, cycle and reference of an event. A message names the place itself.

    Args:
        payload: of the event; addresses are shown in hexadecimal, `registers` as a table below.
    """
    hidden = (*_HIDDEN, "pc") if "message" in payload else _HIDDEN
    if "kind" in payload:
        hidden = (*hidden, "kind")
    words = details({key: _shown(key, value, payload) for key, value in payload.items() if key not in hidden})
    registers = payload.get("registers")
    return f"{words}\n{register_lines(registers)}" if isinstance(registers, Mapping) and registers else words


def register_lines(registers: Mapping[str, int]) -> str:
    """Registers of 32 bits as hexadecimal text, six to a line, in their order."""
    shown = [(name, value) for number, (name, value) in enumerate(registers.items()) if value or number < GENERAL]
    cells = [f"{name:<6} {value:08x}" for name, value in shown]
    return "\n".join("  " + "   ".join(cells[row : row + 6]).rstrip() for row in range(0, len(cells), 6))


def _shown(key: str, value: object, payload: Mapping[str, object]) -> object:
    if key == "reason" and value == "reset":
        return f"{_RESETS.get(payload.get('kind'), '')} reset".strip()
    if key == "window":
        return f"{value}s"
    return f"{value:#010x}" if key in _ADDRESSES and isinstance(value, int) else value
