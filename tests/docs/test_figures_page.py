# SPDX-License-Identifier: BSD-3-Clause
"""The commands of docs/figures.md give the figures that the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import pytest

from tests.helpers.drawn import DRAWN_BY
from tests.helpers.replay import Shell, steps

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/figures.md"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_draw_the_figures_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    shell = Shell(tmp_path)
    for step in steps(PAGE, "console", "python"):
        shell.give(step, step.text)
    shown = re.findall(r"\]\((figures/kind-[\w-]+\.svg)\)", (ROOT / PAGE).read_text(encoding="utf-8"))
    assert len(shown) == len(set(shown)) == 9
    for name in shown:
        made = (tmp_path / name).read_bytes()
        assert made.startswith(b"<?xml")
        if matplotlib.__version__ == DRAWN_BY:
            assert made == (ROOT / "docs" / name).read_bytes(), name
    assert (tmp_path / "difference.pdf").read_bytes().startswith(b"%PDF")
