# SPDX-License-Identifier: BSD-3-Clause
"""Sweeps: the space of points, the runner, the table of results and the plot."""
