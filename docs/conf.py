# SPDX-License-Identifier: BSD-3-Clause
"""The site of these pages: `make docs`. Sphinx reads this; what it generates is in `_ext`."""

from __future__ import annotations

import sys
from pathlib import Path

from simobjects import __version__

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

project = "simobjects"
author = "the simobjects authors"
copyright = "the simobjects authors, BSD-3-Clause"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference_pages", "left_over"]
exclude_patterns = ["_ext", "figures"]
source_suffix = {".md": "markdown"}
napoleon_use_ivar = True  # the attributes of a class stand with it; a field has its own line already
napoleon_attr_annotations = False  # the signature has them
default_role = "code"  # docstrings write code as Markdown does: `name`

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = [
    "misc.highlighting_failure",  # `console` blocks that show program output
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_display_short_literal_types = True

html_theme = "furo"
html_title = "simobjects"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which a browser does not do from a folder
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
