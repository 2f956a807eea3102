# SPDX-License-Identifier: BSD-3-Clause
"""Who drew the figures of the pages: another matplotlib may place a letter elsewhere."""

DRAWN_BY = "3.11.2"
"""The version of matplotlib whose bytes the committed figures are."""
