# SPDX-License-Identifier: BSD-3-Clause
"""Why a run cannot go on, in words."""

END_NAMES: dict[int, str]
TIMER_STORM: str
