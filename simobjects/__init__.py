# SPDX-License-Identifier: BSD-3-Clause
"""A simulator of KVM on the PowerPC 440: everything that a config script needs, in one import."""

from simobjects.base.later import later
from simobjects.base.shown import register_view

__getattr__, __dir__ = later(__name__)

register_view("svg", "simobjects.draw.kept:kept_svg")
register_view("html", "simobjects.draw.notebook:object_html")
