# SPDX-License-Identifier: BSD-3-Clause
"""Errors of the statistics."""

from __future__ import annotations

from simobjects.base.errors import ExitCode, SimObjectsError


class StatsError(SimObjectsError):
    """A statistic is missing, shrank, does not add up, or cannot be held by a writer."""

    exit_code = ExitCode.ENDED_BADLY
    titled = True
