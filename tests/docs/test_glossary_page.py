# SPDX-License-Identifier: BSD-3-Clause
"""The glossary is sorted, and has no word that the other pages do not use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "glossary.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^- \*\*([^*]+)\*\*: (.*?)(?=^- |\Z)", PAGE, re.MULTILINE | re.DOTALL))
OTHERS = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md") if path.name != "glossary.md"}


def anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_words_are_sorted() -> None:
    assert len(ENTRIES) > 50
    assert len(ENTRIES) == len(re.findall(r"^- ", PAGE, re.MULTILINE))
    assert list(ENTRIES) == sorted(ENTRIES, key=lambda term: (term.lower(), term))


@pytest.mark.parametrize("term", ENTRIES)
def test_a_word_is_used_on_the_page_that_says_more(term: str) -> None:
    text = " ".join(ENTRIES[term].split())
    (target, place) = re.findall(r"\]\(([\w-]+\.md)(?:#([\w-]+))?\)$", text)[0]
    words = r"\W+".join(map(re.escape, re.split(r"[ -]", term)))
    assert re.search(rf"(?<!\w){words}(?:s|es)?(?!\w)", OTHERS[target], 0 if term.isupper() else re.IGNORECASE), target
    if place:
        assert place in map(anchor, re.findall(r"^#+ (.+)$", OTHERS[target], re.MULTILINE)), (target, place)


def test_an_entry_is_short() -> None:
    for term, text in ENTRIES.items():
        assert len(text.split()) <= 50, term
