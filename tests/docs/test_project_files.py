# SPDX-License-Identifier: BSD-3-Clause
"""What others read of the project by machine: forms of issues, hooks before a commit, what a package says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

yaml = pytest.importorskip("yaml", reason="PyYAML, which comes with jupytext")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_has_what_github_asks_of_one(form: Path) -> None:
    """Else it is left out without a word: name, description, and questions with ids of their own and labels."""
    found = read(form)
    assert set(found) <= {"name", "description", "labels", "body"} and found["name"] and found["description"]
    asked = [part for part in found["body"] if part["type"] != "markdown"]
    assert asked and {part["type"] for part in asked} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert len({part["id"] for part in asked}) == len(asked)
    for part in asked:
        assert set(part) <= {"type", "id", "attributes", "validations"} and part["attributes"]["label"]
        assert part.get("validations", {"required": True}) == {"required": True}


def test_there_is_a_form_for_each_of_what_contributing_asks_for() -> None:
    assert [form.stem for form in FORMS] == ["bug", "idea", "number"]
    assert read(GITHUB / "ISSUE_TEMPLATE" / "config.yml") == {"blank_issues_enabled": True}
    bug = (GITHUB / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8")
    for word in ("--traceback", "provenance.json", "--version"):
        assert word in bug and word in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), word
    assert "`make test` passes" in (GITHUB / "pull_request_template.md").read_text(encoding="utf-8")


def test_every_supported_python_is_claimed_built_and_checked_for() -> None:
    """Classifiers, the wheels that are built, the oldest one that ruff and mypy write for."""
    claimed = re.findall(r"Python :: (3\.\d+)'", str(PYPROJECT["project"]["classifiers"]))
    built = re.findall(r"cp3(\d+)-", PYPROJECT["tool"]["cibuildwheel"]["build"])
    assert claimed == [f"3.{minor}" for minor in built]
    oldest = claimed[0]
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f"sys.version_info < ({oldest.replace('.', ', ')})" in (ROOT / ".ci" / "check-tools").read_text()


def test_the_workflow_makes_wheels_with_what_is_configured() -> None:
    jobs = read(GITHUB / "workflows" / "wheels.yml")["jobs"]
    commands = [step["run"] for step in jobs["wheels"]["steps"] if "run" in step]
    assert any("cibuildwheel" in command for command in commands) and any("--sdist" in command for command in commands)
    tried = PYPROJECT["tool"]["cibuildwheel"]["test-command"].removeprefix("sh {project}/")
    assert (ROOT / tried).is_file()


def test_hooks_before_a_commit_name_files_that_they_judge() -> None:
    (repo,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        assert hook["language"] == "system" and hook["entry"].startswith(".venv/bin/")
        assert "files" in hook or "types_or" in hook, "else it runs for any file"


def test_the_hook_finds_nothing_in_scripts_without_an_ending() -> None:
    """It is given each Python file by name, also those that `ruff check .` does not see."""
    scripts = [path for path in (ROOT / ".ci").iterdir() if b"python" in path.read_bytes().partition(b"\n")[0]]
    (ruff,) = [hook for hook in read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"] if hook["id"] == "ruff"]
    tool, *options = ruff["entry"].split()
    command = [Path(sys.executable).with_name(Path(tool).name), *options, *scripts]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert scripts and done.returncode == 0, done.stdout
