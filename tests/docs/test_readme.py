# SPDX-License-Identifier: BSD-3-Clause
"""What the README shows is what there is; `test_replay.py` gives its commands and compares what they print."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from simobjects.draw import to_svg
from simobjects.study.config_script import load

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "configs" / "examples"


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_the_first_script_is_the_example(readme: str) -> None:
    script = (EXAMPLES / "kvm_guest.py").read_text()
    body = script[script.index("from simobjects import") :].rstrip()
    assert f"```python\n{body}\n```" in readme


def test_the_picture_is_the_examples_graph() -> None:
    system = load(EXAMPLES / "kvm_guest.py", {})
    assert (ROOT / "docs" / "graph.svg").read_text() == to_svg(system), "simobjects graph ... -o docs/graph.svg"


@pytest.mark.parametrize("name", ["kernels", "kvm_guest", "machine_graph", "native", "two_processes"])
def test_examples_are_short_and_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = EXAMPLES / f"{name}.py"
    assert len(script.read_text().splitlines()) < 60
    runpy.run_path(str(script), run_name="__main__")
    assert "system." in capsys.readouterr().out


def test_every_linked_page_is_there(readme: str) -> None:
    pages = [ROOT / target for target in re.findall(r"\]\(([^)#:]+)\)", readme)]
    for folder in (ROOT / "docs").glob("*.md"):
        pages += [folder.parent / target for target in re.findall(r"\]\(([^)#:]+)\)", folder.read_text())]
    missing = [str(page.relative_to(ROOT)) for page in pages if not page.exists()]
    assert missing == []
