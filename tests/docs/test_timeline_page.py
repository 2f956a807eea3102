# SPDX-License-Identifier: BSD-3-Clause
"""The commands of docs/timeline.md give the pictures and the lines of the page."""

from __future__ import annotations

import re
from pathlib import Path

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
