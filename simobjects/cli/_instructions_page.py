# SPDX-License-Identifier: BSD-3-Clause
"""All instructions as a page of Markdown: docs/instructions.md, which a test compares with the table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from simobjects.base.text import markdown
from simobjects.isa.table import Instruction, instructions

COMMAND = "simobjects disasm --markdown"
_PREFACE = """\
<!-- SPDX-License-Identifier: BSD-3-Clause -->
<!-- Made by `{command}` from cext/arch/isa440.def; change that, not this page. -->
# The instructions

The {count} instructions of a PowerPC 440 without FPU, from the one table that the decoder of the executing core, the
disassembler and this page are made from. Opcode: primary opcode / extended opcode (bits 21 to 30; bits 22 to 30 where
the form is XO, bits 26 to 30 where it is A). In the column *forms*, `.` also records the result in CR0 (bit 31), `o`
also sets XER[OV] and XER[SO] (bit 21), `l` links, `a` is absolute. Privileged instructions interrupt in user mode
(program interrupt, ESR[PPR]); `by number` means those SPRs whose number has the bit 0x10.

What is not in the table is an illegal instruction (program interrupt, ESR[PIL]): floating point, 64-bit instructions,
tlbia, tlbiva, mfapidi, and the indexed DCR access of later cores. Reserved bits of a word are ignored.
"""
_EFFECTS = {
    "CA": "sets XER[CA]",
    "RC_ALWAYS": "records in CR0",
    "UPDATE": "RA gets the address",
    "RA0": "RA = 0 is the value 0",
    "SYNC": "synchronises the context",
}

HEADS = ("instruction", "forms", "opcode", "form", "privileged", "")


def page() -> str:
    """The page, one table for each section of cext/arch/isa440.def.

    Sections and instructions are in the table's order. It ends with a newline.
    """
    parts = [_PREFACE.format(command=COMMAND, count=len(instructions()))]
    for title, rows in groupby(instructions(), key=lambda row: row.section):
        parts.append(f"## {title}\n")
        parts.append(markdown(HEADS, map(_cells, rows), left=range(len(HEADS))) + "\n")
    return "\n".join(parts)


def _cells(row: Instruction) -> tuple[str, ...]:
    """The row of one instruction: a cell for each of `HEADS`."""
    text = f"{row.mnemonic} {','.join(row.operands)}".rstrip()
    opcode = f"{row.primary}" if row.extended < 0 else f"{row.primary}/{row.extended}"
    privileged = "yes" if row.privileged else "by number" if "SPR" in row.flags else ""
    effects = "; ".join(text for flag, text in _EFFECTS.items() if flag in row.flags)
    return f"`{text}`", " ".join(_forms(row)), opcode, row.form, privileged, effects


def _forms(row: Instruction) -> Iterator[str]:
    """The letters that its name may end with."""
    for letter, there in (
        ("`.`", row.can_record),
        ("`o`", row.can_overflow),
        ("`l`", "LK" in row.flags),
        ("`a`", "AA" in row.flags),
    ):
        if there:
            yield letter
