# SPDX-License-Identifier: BSD-3-Clause
"""Studies: many runs of a machine, on this computer or a cluster, and the tables of their results."""

from simobjects.base.later import later

__getattr__, __dir__ = later(__name__)
