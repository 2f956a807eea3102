# SPDX-License-Identifier: BSD-3-Clause
"""Why a run cannot go on, in words."""

END_NAMES: dict[int, str]
SPINS: int
TIMER_STORM: str
