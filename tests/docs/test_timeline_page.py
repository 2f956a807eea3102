# SPDX-License-Identifier: BSD-3-Clause
"""The commands of docs/timeline.md give the pictures and the lines of the page."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.helpers.replay import Shell, steps

ROOT = Path(__file__).parents[2]
PAGE = "docs/timeline.md"


def test_the_commands_draw_the_pictures_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    shell = Shell(tmp_path)
    for step in steps(PAGE, "console", "python"):
        shell.give(step)
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    shown = re.findall(r"\]\(figures/([\w-]+\.svg)\)", text)
    assert shown == ["timeline.svg", "stacks.svg"]
    for name in shown:
        assert (tmp_path / name).read_bytes() == (ROOT / "docs" / "figures" / name).read_bytes(), name
    (folded,) = tmp_path.glob("runs/*/system.host.profile.folded")
    stacks = set(folded.read_text(encoding="utf-8").splitlines())
    lines = re.findall(r"^\w+;\w+;.* \d+$", text, re.MULTILINE)
    assert len(lines) == 4
    assert set(lines) <= stacks


@pytest.mark.parametrize(
    ("what", "text", "message"),
    [
        ("stacks", "", "nothing to draw; give a file that `simobjects run --profile` has written"),
        ("stacks", "main;mmio\n", "give a file that `simobjects run --profile` has written"),
        ("timeline", "{}", "nothing to draw; give a file that `simobjects run --timeline` has written"),
        ("timeline", '{"traceEvents": []}', "nothing to draw; give a file that"),
        ("timeline", None, "No such file or directory"),
    ],
)
def test_a_file_that_has_nothing_to_draw_is_refused(
    what: str,
    text: str | None,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "source"
    if text is not None:
        source.write_text(text, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["timeline_pictures.py", what, str(source), str(tmp_path / "made.svg")])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "configs" / "studies" / "timeline_pictures.py"), run_name="__main__")
    assert ended.value.code == 2
    assert f"{source}: " in (said := capsys.readouterr().err)
    assert message in said
