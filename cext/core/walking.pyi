# SPDX-License-Identifier: BSD-3-Clause
"""The walk over records with misses: it has no name in Python, a core calls it."""
