# SPDX-License-Identifier: BSD-3-Clause
"""The site is built without a warning and without a network, and none of its links leads nowhere."""

from __future__ import annotations

import html.parser
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="pip install 'simobjects[docs]'")

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("statistics", "commands", "api", "errors")


@dataclass
class Page(html.parser.HTMLParser):
    """What a page links to, what it loads, and the places in it that others may link to."""

    file: Path
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.places.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """Every page of the site, as `make docs` builds it."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "docs", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return {path: Page(path) for path in sorted(out.rglob("*.html"))}


def test_every_page_of_the_docs_is_on_the_site(site: dict[Path, Page]) -> None:
    built = {path.stem for path in site}
    assert built >= {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert built >= set(GENERATED)


def test_every_link_inside_leads_somewhere(site: dict[Path, Page]) -> None:
    broken = []
    for path, page in site.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (parts.fragment and target in site and parts.fragment not in site[target].places):
                broken.append(f"{path.name}: {link}")
    assert broken == []
    assert sum(len(page.links) for page in site.values()) > 2000


def test_nothing_is_loaded_from_elsewhere(site: dict[Path, Page]) -> None:
    for path, page in site.items():
        for source in page.loads:
            parts = urllib.parse.urlsplit(source)
            assert not parts.netloc, f"{path.name}: {source}"
            assert parts.scheme == "data" or (path.parent / parts.path).exists(), f"{path.name}: {source}"


def test_the_generated_pages_have_what_the_program_has(site: dict[Path, Page]) -> None:
    texts = {path.stem: "".join(page.text) for path, page in site.items()}
    assert "host_killed" in texts["statistics"]
    assert "usage: simobjects trace import" in texts["commands"]
    assert "simobjects.study.Study" in texts["api"] and "simobjects.framework.Simulation" in texts["api"]
    assert "CheckpointError" in texts["errors"]
    assert "Traceback" not in "".join(texts[name] for name in GENERATED)
