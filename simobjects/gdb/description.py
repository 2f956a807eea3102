# SPDX-License-Identifier: BSD-3-Clause
"""What gdb is told of the processor: its registers, their order and width."""

from __future__ import annotations

import re
from collections.abc import Sequence

CORE = (*(f"r{n}" for n in range(32)), "pc", "msr", "cr", "lr", "ctr", "xer")
"""The registers that gdb must know a PowerPC by, in the order of the `g` packet."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """The registers of a machine, the core's own first, then the others as the machine names them.

    The place in the answer is the register's number in the protocol. Names that gdb could not take are left out.
    ValueError when one of the core's own is missing.
    """
    missing = [name for name in CORE if name not in names]
    if missing:
        raise ValueError(
            f"the machine has no register {', '.join(missing)}; gdb needs r0-r31, pc, msr, cr, lr, ctr, xer"
        )
    return CORE + tuple(name for name in names if name not in CORE and _NAME.match(name))


def target_xml(names: Sequence[str]) -> bytes:
    """The target description: a 32-bit embedded PowerPC without FPU, and a feature with its special registers.

    Args:
        names: as `in_order` gives them; numbers of registers are the places in it.

    Returns:
        XML as gdb's manual has it under Target Descriptions; what gdb asks for as `target.xml`.
    """
    core = "\n".join(_register(name, number) for number, name in enumerate(CORE))
    rest = "\n".join(_register(name, number, ' group="spr"') for number, name in enumerate(names) if name not in CORE)
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE target SYSTEM "gdb-target.dtd">\n<target version="1.0">\n'
        "<architecture>powerpc:403</architecture>\n"
        f'<feature name="org.gnu.gdb.power.core">\n{core}\n</feature>\n'
        f'<feature name="org.simobjects.ppc440.spr">\n{rest}\n</feature>\n'
        "</target>\n"
    ).encode()


def _register(name: str, number: int, more: str = "") -> str:
    kind = ' type="code_ptr"' if name in ("pc", "lr") else ""
    return f'<reg name="{name}" bitsize="32" regnum="{number}"{kind}{more}/>'
