# SPDX-License-Identifier: BSD-3-Clause
"""Standard machines, for scripts, studies, benchmarks and tests. Most examples wire theirs by hand, to show how."""

from simobjects.base.later import later

__getattr__, __dir__ = later(__name__)
