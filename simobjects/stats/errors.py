# SPDX-License-Identifier: BSD-3-Clause
"""Errors of the statistics."""

from __future__ import annotations


class StatsError(Exception):
    """A statistic is missing, shrank, does not add up, or cannot be held by a writer."""
