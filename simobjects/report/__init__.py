# SPDX-License-Identifier: BSD-3-Clause
"""The report of a sweep: one HTML file with everything that a reader needs to believe it, or not."""

from simobjects.base.later import later

__getattr__, __dir__ = later(__name__)
