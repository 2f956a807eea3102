# SPDX-License-Identifier: BSD-3-Clause
"""Figures for papers: of a sweep, of a run in windows, of whatever is made of parts; all in one style.

from simobjects.study.figures import Figure, Page, draw, read_results

results = read_results(Path("sweeps/kvm_guest"))
drawn = draw(results, Figure.parse("stack:exit_cycles"), Page(width=88, form="pdf"))
"""

from .drawing import Drawn, draw
from .figure import KINDS, Figure
from .names import Catalogue
from .page import Page, form_of, parse_length
from .plan import planned
from .results import Results, read_results
from .series import Course, draw_series
from .stacks import Bar, stacks

__all__ = [
    "KINDS",
    "Bar",
    "Catalogue",
    "Course",
    "Drawn",
    "Figure",
    "Page",
    "Results",
    "draw",
    "draw_series",
    "form_of",
    "parse_length",
    "planned",
    "read_results",
    "stacks",
]
