# SPDX-License-Identifier: BSD-3-Clause
"""The site is built without a warning and without a network, and none of its links leads nowhere."""

from __future__ import annotations

import ast
import html.parser
import importlib
import inspect
import re
import runpy
import subprocess
import sys
import types
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simobjects import SimObject
from tests.helpers.chromium import chromium, look, needs_chromium, requests

pytest.importorskip("sphinx", reason="pip install 'simobjects[docs]'")

ROOT = Path(__file__).resolve().parents[2]
SOME = ("index", "first-hour", "ideas", "objects", "model", "reference/statistics", "reference/api")
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


def test_a_page_that_nobody_placed_is_at_the_end_of_the_front_page() -> None:
    add_part = runpy.run_path(str(ROOT / "docs" / "_ext" / "left_over.py"))["add_part"]
    docs = {"index", "why", "new", "reference/api"}
    app = types.SimpleNamespace(env=types.SimpleNamespace(found_docs=docs))
    front = "# Front\n\n```{toctree}\n:caption: Begin\n\nwhy\n```\n"
    source, other = [front], [front]
    add_part(app, "index", source)
    assert source[0] == f"{front}\n```{{toctree}}\n:caption: Further pages\n:maxdepth: 1\n\nnew\n```\n"
    add_part(app, "why", other)
    docs.remove("new")
    whole = [front]
    add_part(app, "index", whole)
    assert other == whole == [front]


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


def test_what_the_pages_import_is_in_the_reference() -> None:
    """Functions and classes, that is; objects have a page of their own, and kernels are for who writes kernels."""
    made = runpy.run_path(str(ROOT / "docs" / "_ext" / "reference_pages.py"))
    api = made["api"]()
    told = set(re.findall(r"^\.\. auto\w+:: [\w.]+\.(\w+)$", api, re.MULTILINE))
    assert not re.findall(r"```\{eval-rst\}\n```", api), "a part without a name"
    imported: dict[str, str] = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simobjects"):
                    imported |= {f"{node.module}.{alias.name}": page.name for alias in node.names}
    missing = []
    for full, page_name in imported.items():
        module, _, name = full.rpartition(".")
        if module.startswith(("simobjects.cext", "simobjects.framework.roles")):
            continue
        value = getattr(importlib.import_module(module), name)
        described = inspect.isfunction(value) or (inspect.isclass(value) and not issubclass(value, SimObject))
        if described and name not in told:
            missing.append(f"{page_name}: {full}")
    assert missing == []
    assert len(imported) > 50


@needs_chromium
def test_pages_are_readable_on_any_screen(site: dict[Path, Page], tmp_path: Path) -> None:
    """Wide and narrow, light and dark: nothing scrolls sideways, no script fails, nothing is fetched, search finds."""
    root = next(path for path in site if path.name == "genindex.html").parent
    every = [str(path.relative_to(root).with_suffix("")) for path in site]
    grounds = {}
    with chromium(tmp_path / "profile") as driver:
        for width, dark in ((1400, False), (1400, True), (420, False), (420, True)):
            look(driver, width, dark=dark)
            for name in every if (width, dark) == (420, False) else SOME:
                driver.get(f"file://{root}/{name}.html")
                wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
                assert wide <= 0, f"{name} at {width}: {wide} pixels too wide"
            grounds[dark] = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        driver.get(f"file://{root}/search.html?q=iccci")
        wait = (
            "const done = arguments[0], till = Date.now() + 30000;"
            "(function look() { const found = document.querySelectorAll('#search-results li').length;"
            "if (found > 2 || Date.now() > till) done(found); else setTimeout(look, 100) })()"
        )
        assert driver.execute_async_script(wait) > 2
        severe = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
        assert severe == []
        assert [url for url in requests(driver) if url.startswith(("http", "ws", "ftp"))] == []
    assert grounds[False] != grounds[True]
