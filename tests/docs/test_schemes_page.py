# SPDX-License-Identifier: BSD-3-Clause
"""The tables of docs/schemes.md are what its script prints, and its figures what the schemes are."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simobjects.kvm.schemes import historical, what_ifs
from simobjects.study.neighbours import neighbours_importable

SCHEMES = historical()
WHAT_IFS = what_ifs()

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "configs" / "studies" / "schemes.py"


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "schemes.md").read_text()


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def between(page: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", page, re.DOTALL)
    assert found is not None, mark
    return found[1]


@pytest.mark.slow
def test_the_tables_are_the_scripts(page: str, study: dict[str, Any]) -> None:
    """The whole trace, nine times: some seven seconds."""
    rows = study["measure"]()
    assert between(page, "table") == study["comparison"](rows)
    assert between(page, "steps") == study["steps"](rows)


def test_the_script_prints_and_writes_both(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = tmp_path.with_suffix(".md")
    copy.write_text(page)
    monkeypatch.setattr(
        "sys.argv", ["schemes.py", "--references", "20000", "--out", str(tmp_path), "--page", str(copy)]
    )
    runpy.run_path(str(SCRIPT), run_name="__main__")
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 2 + len(SCHEMES) + 1 + 2 + len(SCHEMES) - 1
    written = copy.read_text()
    assert printed == f"{between(written, 'table')}\n\n{between(written, 'steps')}\n"
    assert len(written.splitlines()) == len(page.splitlines())
    assert {folder.name for folder in tmp_path.iterdir()} == {"native", *SCHEMES}


def test_every_scheme_has_its_section(page: str, study: dict[str, Any]) -> None:
    assert re.findall(r"^## (E\w+)$", page, re.MULTILINE) == [study["name"](scheme) for scheme in SCHEMES]
    for scheme, cls in SCHEMES.items():
        row = rf"\| \[{study['name'](scheme)}\]\(#{scheme}\) \| {cls.commits} \| {re.escape(cls.releases)}"
        assert re.search(row, page)


@pytest.fixture(scope="module")
def figures() -> Iterator[dict[str, Any]]:
    script = ROOT / "configs" / "studies" / "scheme_figures.py"
    with neighbours_importable(script):
        yield runpy.run_path(str(script))


def test_figures_and_memory_are_the_scripts(page: str, figures: dict[str, Any]) -> None:
    """One figure a scheme, on the page, and as the script draws it now."""
    assert set(figures["SCHEMES"]) == {*SCHEMES, *WHAT_IFS}
    assert between(page, "memory") == figures["memory"]()
    for scheme in figures["SCHEMES"]:
        assert f"](figures/{scheme}.svg)" in page
        assert (ROOT / "docs" / "figures" / f"{scheme}.svg").read_text(encoding="utf-8") == figures["svg"](scheme)


USER, KERNEL, HOST = "guest's user", "guest's kernel", "host"
MAPPED, ENTERED, CALLED, SWITCHED, RETURNED, PUT, LOADED = range(1, 8)


def test_the_story_has_what_the_page_says_of_each_scheme(figures: dict[str, Any]) -> None:
    """Where the copy is, what an entry writes, who drops it, what a put leaves: numbers of the page."""

    def frames(scheme: str) -> Any:
        return figures["stories"](scheme)[1].frames

    def alive(scheme: str, step: int, whose: str) -> int:
        return int(Counter(frames(scheme)[step].hardware)[whose])

    entries = {scheme: frames(scheme)[ENTERED].tlbwe for scheme in SCHEMES}
    assert entries == {"e0": 186, "e1": 186, **dict.fromkeys(("e2", "e3", "e3b", "e4", "e5", "e6"), 0)}
    assert [frames(scheme)[LOADED].instructions for scheme in ("e0", "e1", "e2", "e4")] == [1240, 743, 1030, 50]
    assert all(
        (frames(scheme)[PUT].instructions, frames(scheme)[PUT].tlbwe) == (258, 63) for scheme in ("e0", "e3b", "e4")
    )
    assert frames("flush_once")[PUT].tlbwe == 1
    for scheme in SCHEMES:
        assert frames(scheme)[0].references == (scheme in ("e4", "e5", "e6"))
        assert alive(scheme, CALLED, USER) == (0 if scheme in ("e0", "e1", "e2") else 7)
        assert alive(scheme, RETURNED, KERNEL) == (0 if scheme in ("e0", "e1", "e2", "e3") else 2)
        assert alive(scheme, SWITCHED, USER) == (7 if scheme == "e3" else 0)
        assert alive(scheme, PUT, HOST) == (2 if scheme == "e6" else 0)
        assert alive(scheme, LOADED, USER) == (0 if scheme in ("e4", "e5") else 1)
    assert alive("tagged", SWITCHED, USER) == 7
    assert alive("large_pages", 0, USER) == alive("e4", 0, USER) - 2
    assert (alive("spare_host", MAPPED, HOST), alive("e4", MAPPED, HOST)) == (4, 3)
    assert frames("magic_page")[ENTERED].instructions == 0 < frames("e4")[ENTERED].instructions
    assert len(figures["stories"]("wide_guest")[1].guest) == 4 * 64


def test_every_what_if_is_explained(page: str) -> None:
    for scheme in WHAT_IFS:
        assert f"**{scheme}**:" in page
