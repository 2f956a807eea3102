# SPDX-License-Identifier: BSD-3-Clause
"""Mutants of every input that the program reads: refused with a sentence, or read; never anything else.

The tests try a few of each reader and all that was ever found (`corpus`); `make fuzz` goes on for hours.
"""
