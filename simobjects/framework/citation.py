# SPDX-License-Identifier: BSD-3-Clause
"""Whose design an object implements, as an entry of a bibliography."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPECIAL = re.compile(r"[&%$#_{}~^\\]")
_ESCAPED = {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}


@dataclass(frozen=True)
class Citation:
    """One work.

    Attributes:
        key: what a paper cites it by: letters, digits and `:.+-_`.
        title: as it is printed, without TeX.
        authors: persons as `Family, Given`; a name without a comma is that of a group or a company.
        year: of publication.
        journal: makes it an article; with `volume`, `number` and `pages` as they apply.
        number: of an issue, or without a journal of a report.
        doi: without `https://doi.org/`.
        how: how else it is published, such as `Linux commit 7924bd4109`.
        note: free text at the end of the entry.

    Raises:
        ValueError: the key is none, or title or authors are missing.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    year: int | None = None
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    how: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][\w:.+-]*", self.key):
            raise ValueError(f"{self.key!r} is no key of a bibliography; write letters and digits, as in linux7924bd41")
        if not self.title or not self.authors:
            raise ValueError(f"{self.key}: a citation needs a title and authors")

    def bibtex(self) -> str:
        """The entry as classic BibTeX takes it."""
        fields = {
            "author": " and ".join(tex(name) if "," in name else f"{{{tex(name)}}}" for name in self.authors),
            # Braces keep capitals, which styles would make small.
            "title": f"{{{tex(self.title)}}}",
            "year": str(self.year or ""),
            "journal": tex(self.journal),
            "volume": self.volume,
            "number": tex(self.number),
            "pages": self.pages,
            "doi": self.doi,
            "howpublished": tex(self.how),
            "note": tex(self.note),
        }
        kind = "article" if self.journal else "techreport" if self.number else "misc"
        if kind == "techreport":
            fields["institution"] = tex(self.authors[0])
            fields["type"] = fields.pop("howpublished")
        lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
        return "\n".join([f"@{kind}{{{self.key},", *lines, "}\n"])

    def text(self) -> str:
        """The entry as a person reads it, on one line."""
        names = [_spoken(name) for name in self.authors[:3]]
        who = ", ".join(names) + (" and others" if len(self.authors) > 3 else "")
        issue = f"{self.volume}({self.number})" if self.volume else self.number
        where = ", ".join(part for part in (self.journal, self.how, issue, str(self.year or "")) if part)
        return f"{who}: {self.title}{'. ' + where if where else ''}{'. doi:' + self.doi if self.doi else ''}"


def tex(text: str) -> str:
    """Text as TeX takes it."""
    return _SPECIAL.sub(lambda found: _ESCAPED.get(found[0], f"\\{found[0]}"), text)


def _spoken(name: str) -> str:
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma else name
