# SPDX-License-Identifier: BSD-3-Clause
"""Whose design runs cite: the entries of objects, the bibliography of a machine, and how this program is cited."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import ClassVar

import pytest

from simobjects.boards import busy_host
from simobjects.framework import Citation, SimObject, Simulation, System, bibliography, citations, variants
from simobjects.framework.bibliography import SOFTWARE
from simobjects.kvm.literature import COMMITS
from simobjects.kvm.schemes import ShadowScheme

ROOT = Path(__file__).parents[3]
BOOK = Citation("smith90", "TLBs & caches", ("Smith, Ann", "ACME_Corp"), 1990, how="Memo 5%")


def entries(text: str) -> dict[str, dict[str, str]]:
    """The fields of each entry by its key, read as BibTeX does: braces are counted."""
    found: dict[str, dict[str, str]] = {}
    for kind, key, body in re.findall(r"^@(\w+)\{(\S+),\n(.*?)^\}$", text, re.MULTILINE | re.DOTALL):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE))
        assert all(value.count("{") == value.count("}") for value in fields.values())
        assert len(fields) == body.count("\n"), "every line is a field"
        found[key] = {"kind": kind, **fields}
    assert len(found) == text.count("@")
    return found


def test_an_entry_is_bibtex() -> None:
    (fields,) = entries(BOOK.bibtex()).values()
    assert fields == {
        "kind": "misc",
        "author": r"Smith, Ann and {ACME\_Corp}",
        "title": r"{TLBs \& caches}",
        "year": "1990",
        "howpublished": r"Memo 5\%",
    }
    assert BOOK.text() == "Ann Smith, ACME_Corp: TLBs & caches. Memo 5%, 1990"


def test_a_work_needs_a_key_that_bibtex_takes_a_title_and_authors() -> None:
    with pytest.raises(ValueError, match="'a key' is no key of a bibliography; write letters and digits"):
        Citation("a key", "t", ("A, B",))
    with pytest.raises(ValueError, match="k: a citation needs a title and authors"):
        Citation("k", "", ("A, B",))


def test_works_stand_once_and_a_key_that_is_taken_gets_a_number() -> None:
    other = Citation("smith90", "Another", ("Smith, Bob",))
    made = entries(bibliography([BOOK, BOOK, other]))
    assert list(made) == ["smith90", "smith90-2"]
    assert made["smith90-2"]["title"] == "{Another}"


@pytest.mark.parametrize("scheme", ["e0", "e3b", "e4", "e6", "magic_page"])
def test_a_run_cites_what_its_machine_is_made_of(scheme: str, tmp_path: Path) -> None:
    simulation = Simulation(busy_host(scheme=scheme))
    simulation.write(tmp_path, picture=False)
    made = entries((tmp_path / "citations.bib").read_text())
    assert {"simobjects", "gem5", "kvm440", "ppc440x5"} <= set(made)
    commits = {
        "e0": {"linuxbbf45ba5"},
        "e3b": {"linuxfe4e771d", "linuxdf9b856c"},
        "e4": {"linux7924bd41"},
        "e6": {"linux7924bd41", "linuxf5d0906b"},
        "magic_page": {"linux7924bd41", "linux2a342ed5"},
    }
    assert {key for key in made if key.startswith("linux") and key != "linux44x"} == commits[scheme]


def test_every_commit_that_made_a_scheme_is_cited() -> None:
    schemes = variants(ShadowScheme).values()
    named = {name for cls in schemes for name in cls.commits.split(", ") if name}
    assert named == set(COMMITS)
    for name, work in COMMITS.items():
        assert work.key == f"linux{name[:8]}" and name in work.how


def test_a_class_of_ones_own_is_cited() -> None:
    class Mine(SimObject):
        """Somebody's design."""

        citation: ClassVar[tuple[Citation, ...]] = (BOOK,)

    system = System()
    system.mine = Mine()
    system.also = Mine()
    assert [work.key for work in citations(system)] == ["simobjects", "gem5", "smith90"]


def test_citation_cff_says_what_the_package_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "CITATION.cff").read_text()
    plain = dict(re.findall(r'^(\S+): "?([^"\n>]+)"?$', text, re.MULTILINE))
    assert plain["version"] == project["version"] and plain["license"] == project["license"]
    assert plain["title"] == SOFTWARE.title
    assert re.findall(r"^  - name: (.*)$", text, re.MULTILINE) == [author["name"] for author in project["authors"]]
    assert tuple(author["name"] for author in project["authors"]) == SOFTWARE.authors
    keywords = text.partition("\nkeywords:\n")[2].splitlines()
    assert [word.removeprefix("  - ") for word in keywords] == project["keywords"]
