# SPDX-License-Identifier: BSD-3-Clause
"""The instruction set: the table, and the assembler and the disassembler made from it."""
