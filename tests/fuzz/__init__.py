# SPDX-License-Identifier: BSD-3-Clause
"""Mutants of every input that the program reads: refused with a sentence or read, nothing else."""
