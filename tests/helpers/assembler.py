# SPDX-License-Identifier: BSD-3-Clause
"""`asm("lwz", rt=5, ra=4, d=-4)`: the assembler under the short name that programs in tests are written with."""

from simobjects.isa.assemble import assemble as asm

__all__ = ["asm"]
