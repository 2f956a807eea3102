# SPDX-License-Identifier: BSD-3-Clause
"""The notebook is what its text says, holds no outputs, and runs to its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

jupytext = pytest.importorskip("jupytext")
nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "configs" / "notebooks" / "guest_tlb.ipynb"


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_is_its_text_without_outputs() -> None:
    text = jupytext.read(NOTEBOOK.with_suffix(".py"))
    book = read()
    assert [(cell.cell_type, cell.source) for cell in book.cells] == [
        (cell.cell_type, cell.source) for cell in text.cells
    ]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in book.cells)
    assert NOTEBOOK.stat().st_size < 20_000


@pytest.mark.timeout(280)
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another folder, on few references; the second time nothing is run again."""
    monkeypatch.setenv("REFERENCES", "60000")
    monkeypatch.setenv("OUT", str(tmp_path / "out"))
    book = read()
    nbclient.NotebookClient(
        book, timeout=200, kernel_name="python3", resources={"metadata": {"path": str(ROOT / "configs")}}
    ).execute()
    shown = "\n".join(str(output) for cell in book.cells for output in cell.get("outputs", []))
    assert "16 points" in shown
    assert "image/svg+xml" in shown
    assert "entries for the guest save" in shown
    assert len(list((tmp_path / "out").glob("*-kept-*"))) == 16
