# SPDX-License-Identifier: BSD-3-Clause
"""The tables of docs/schemes.md are what its script prints, and its figures what the schemes are."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from simobjects.kvm.schemes import historical, what_ifs

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


def test_figures_and_memory_are_the_scripts(page: str) -> None:
    """One figure a scheme, on the page, and as the script draws it now."""
    made = runpy.run_path(str(ROOT / "configs" / "studies" / "scheme_figures.py"))
    assert set(made["SCHEMES"]) == {*SCHEMES, *WHAT_IFS}
    assert between(page, "memory") == made["memory"]()
    for scheme in made["SCHEMES"]:
        assert f"](figures/{scheme}.svg)" in page
        assert (ROOT / "docs" / "figures" / f"{scheme}.svg").read_text(encoding="utf-8") == made["svg"](scheme)


def test_every_what_if_is_explained(page: str) -> None:
    for scheme in WHAT_IFS:
        assert f"**{scheme}**:" in page
