# SPDX-License-Identifier: BSD-3-Clause
"""All studies of this folder: writes question and answer of each into docs/studies.md, from their tables.

python configs/studies/questions/index.py
"""

from __future__ import annotations

import claims  # these are beside this script
import host_pages
import pressure
import processes
import sizes
import what_ifs
from answers import Found
from question import DOCS

from simobjects.base.text import markdown, replace_marked

QUESTIONS = tuple(module.QUESTION for module in (claims, sizes, pressure, host_pages, processes, what_ifs))
PAGE = DOCS / "studies.md"


def table() -> str:
    """Question and answer of each."""
    rows = [(f"[{each.asks}]({each.page.name})", each.answer(Found.read(each.data))) for each in QUESTIONS]
    return markdown(("question", "answer"), rows, left=(0, 1))


if __name__ == "__main__":
    replace_marked(PAGE, {"studies": table()})
