# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of machines: SVG, DOT, Mermaid, and what a notebook shows. The same machine gives the same bytes."""

from .svg import to_svg
from .text import to_dot, to_mermaid

__all__ = ["to_dot", "to_mermaid", "to_svg"]
