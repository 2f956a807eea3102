# SPDX-License-Identifier: BSD-3-Clause
"""The shipped scripts are listed, copied, and found by who has not copied them yet; the shell completes commands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

CONFIGS = Path(__file__).parents[3] / "configs"


def names(folder: Path) -> set[str]:
    """Every file below a folder."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in files if "__pycache__" not in name}


def test_scripts_are_listed_with_what_they_are(simobjects: Command) -> None:
    rows = dict(line.split("  ", 1) for line in simobjects("examples").out.splitlines())
    assert rows["examples/kvm_guest.py"].strip().startswith("A Linux guest under KVM on a PowerPC 440")
    assert {name for name in rows if name.startswith("examples/")} == {
        f"examples/{path.name}" for path in (CONFIGS / "examples").glob("*.py")
    }
    assert "studies/history_runs.py" not in rows, "a part of a study, which is no script"


def test_a_copy_is_whole_and_can_be_run(simobjects: Command, tmp_path: Path) -> None:
    said = simobjects("examples", "--copy", "configs")
    assert (said.code, said.err) == (0, "")
    assert names(tmp_path / "configs") == names(CONFIGS)
    assert (tmp_path / "configs/programs/build.sh").stat().st_mode & 0o111
    assert said.out == "copied to configs; begin with: simobjects run configs/examples/kvm_guest.py\n"
    assert simobjects("run", "configs/examples/kvm_guest.py", "--references", "1000").code == 0


def test_what_a_user_has_changed_is_not_overwritten(simobjects: Command, tmp_path: Path) -> None:
    simobjects("examples", "--copy", "mine")
    assert simobjects("examples", "--copy", "mine").code == 0, "the same again is no difference"
    (tmp_path / "mine/examples/native.py").write_text("my own\n")
    (tmp_path / "mine/examples/kvm_guest.py").unlink()
    said = simobjects("examples", "--copy", "mine")
    assert said.code == 2
    assert said.err == (
        "simobjects: mine/examples/native.py: is there already, and is not as it was shipped; copy to another folder\n"
    )
    assert (tmp_path / "mine/examples/native.py").read_text() == "my own\n"
    assert not (tmp_path / "mine/examples/kvm_guest.py").exists(), "all or nothing"


@pytest.mark.parametrize(
    ("script", "fix"),
    [
        ("configs/examples/kvm_guest.py", "`simobjects examples --copy configs` puts it there"),
        ("examples/native.py", "`simobjects examples --copy .` puts it there"),
        ("configs/examples/nothing.py", "name a config script such as configs/examples/kvm_guest.py"),
        ("native.py", "name a config script such as configs/examples/kvm_guest.py"),
    ],
)
def test_a_script_that_was_not_copied_yet(simobjects: Command, script: str, fix: str) -> None:
    said = simobjects("run", script)
    assert said.code == 2
    assert said.err.rstrip().endswith(f"{script}: does not exist; {fix}")


COMPLETED = """\
{script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_shtab_simobjects
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("simobjects sw", {"sweep"}),
        ("simobjects trace im", {"import"}),
        ("simobjects run --refer", {"--references"}),
        ("simobjects graph x.py --format me", {"mermaid"}),
        ("simobjects run kvm_g", {"kvm_guest.py"}),
    ],
)
def test_bash_completes(simobjects: Command, tmp_path: Path, words: str, expected: set[str]) -> None:
    (tmp_path / "kvm_guest.py").touch()
    script = COMPLETED.format(script=simobjects("completion", "bash").out, words=words)
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert set(done.stdout.split()) == expected


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_scripts_that_know_the_commands(simobjects: Command, shell: str) -> None:
    said = simobjects("completion", shell)
    assert said.code == 0
    assert "sensitivity" in said.out and "references" in said.out
