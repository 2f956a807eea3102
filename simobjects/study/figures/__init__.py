# SPDX-License-Identifier: BSD-3-Clause
"""Figures for papers: of a sweep, of a run in windows, of whatever is made of parts; all in one style."""

from simobjects.base.later import later

__getattr__, __dir__ = later(__name__)
