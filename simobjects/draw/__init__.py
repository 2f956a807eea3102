# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a graph, and the graph as a picture: SVG, DOT and Mermaid, the same bytes each time."""

from .model import graph
from .svg import to_svg
from .text import to_dot, to_mermaid

__all__ = ["graph", "to_dot", "to_mermaid", "to_svg"]
