# SPDX-License-Identifier: BSD-3-Clause
"""Pages that the front page has no place for yet stand at its end, so that none can be out of reach."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

FRONT = "index"
PART = "\n```{{toctree}}\n:caption: Further pages\n:maxdepth: 1\n\n{pages}\n```\n"
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def placed(text: str) -> set[str]:
    """The pages that a page's tables of contents name."""
    lines = [line.strip() for block in TOCTREE.findall(text) for line in block.splitlines()]
    named = {re.sub(r".*<(.+)>$", r"\1", line) for line in lines if line and not line.startswith(":")}
    return {name.removesuffix(".md") for name in named}


def add_part(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the front page a part with the pages of its own folder that it does not name."""
    if docname != FRONT:
        return
    missing = {name for name in app.env.found_docs if "/" not in name} - placed(source[0]) - {FRONT}
    if missing:
        source[0] += PART.format(pages="\n".join(sorted(missing)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", add_part)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
