# SPDX-License-Identifier: BSD-3-Clause
"""Tables of a sweep for papers and other programs."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from simobjects.base.errors import UsageError
from simobjects.cli import main
from simobjects.study.exports import FORMS, Style, as_csv, as_latex, as_markdown, writer_of
from simobjects.study.figures import read_sweep
from simobjects.study.metric import PlotError
from simobjects.study.results import Results
from simobjects.study.sheet import Column, Sheet, digits_of, sheet
from tests.helpers.studied import CONFIG

OVER = ("--over", "system.core.tlb.entries=8,16", "--over", "system.core.mode=good,better")


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sweep of four points."""
    folder = tmp_path_factory.mktemp("swept")
    assert main(["sweep", str(CONFIG), *OVER, "--set", "system.core.length=500", "--out", str(folder)]) == 0
    return folder


def test_the_numbers_are_those_of_the_runs(swept: Path) -> None:
    table = sheet(read_sweep(swept), ["misses", "hits/lookups", "kinds[*]"])
    assert [column.name for column in table.columns] == [
        "system.core.tlb.entries",
        "system.core.mode",
        "system.core.tlb.misses",
        "system.core.tlb.hits/system.core.tlb.lookups",
        "system.core.tlb.kinds[even]",
        "system.core.tlb.kinds[odd]",
    ]
    results = Results(swept)
    assert [row[2] for row in table.rows] == results.values("system.core.tlb.misses")
    assert [row[3] for row in table.rows] == results.values("system.core.tlb.hits/system.core.tlb.lookups")
    assert all(row[2] == row[4] + row[5] for row in table.rows)  # type: ignore[operator]
    rows = list(csv.reader(io.StringIO(as_csv(table))))
    assert rows[0] == [column.name for column in table.columns]
    assert [float(row[3]) for row in rows[1:]] == [row[3] for row in table.rows], "with all their digits"
    assert [row[:2] for row in rows[1:]] == [["8", "good"], ["8", "better"], ["16", "good"], ["16", "better"]]


def test_a_parameter_stands_side_by_side(swept: Path) -> None:
    beside = sheet(read_sweep(swept), ["misses"], across="mode")
    plain = sheet(read_sweep(swept), ["misses"])
    assert [row[0] for row in beside.rows] == ["8", "16"]
    assert [cell for row in beside.rows for cell in row[1:]] == [row[2] for row in plain.rows]
    lines = as_latex(beside, Style(caption="5 % & more", label="tab:a")).splitlines()
    assert lines[lines.index("\\toprule") + 1 : lines.index("\\midrule")] == [
        r" & \multicolumn{2}{c}{look-ups that miss (lookups)} \\",
        r"\cmidrule(lr){2-3}",
        r"TLB entries & core mode good & core mode better \\",
    ]
    assert r"\caption{5 \% \& more}" in lines and r"\label{tab:a}" in lines
    assert lines[-1] == r"\end{table}"
    one = sheet(read_sweep(swept), ["misses"], where={"mode": ("good",)}, across="mode")
    assert [column.head for column in one.columns[1:]] == ["core mode good"]


def test_what_a_reader_sees(swept: Path) -> None:
    table = Sheet(
        (Column("a.size", "size", numbers=False), Column("a.time", "time", "cycles"), Column("a.part", "part")),
        (("16KiB|x", 1234567, 0.000123456), ("e_4", None, -1.5), ("n", 12345.678, 2.5e-9)),
        1,
        "total",
    )
    assert as_markdown(table, Style(3)) == (
        "| size | time (cycles) | part |\n|---|---:|---:|\n| 16KiB\\|x | 1,234,567 | 0.000123 |\n"
        "| e_4 |  | -1.50 |\n| n | 12,346 | 2.50e-9 |\n"
    )
    body = as_latex(table, Style(3)).split("\\midrule\n")[1]
    assert body.splitlines()[:3] == [
        r"16KiB|x & 1{,}234{,}567 & 0.000123 \\",
        r"e\_4 & -- & $-1.50$ \\",
        r"n & 12{,}346 & $2.50 \times 10^{-9}$ \\",
    ]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.0, 4, "0.000"), (99.996, 4, "100.00"), (1e20, 3, "1.00e20"), (0.5, 1, "0.5"), (10**18, 2, f"{10**18:,}")],
)
def test_numbers(value: float, digits: int, text: str) -> None:
    assert digits_of(value, digits) == text
    if "e" not in text:
        assert float(text.replace(",", "")) == pytest.approx(value, rel=10.0 ** (1 - digits))


def test_what_cannot_be(swept: Path) -> None:
    read = read_sweep(swept)
    with pytest.raises(PlotError, match="no statistic mises; did you mean misses"):
        sheet(read, ["mises"])
    with pytest.raises(PlotError, match=r"no statistic matches z\*"):
        sheet(read, ["z*"])
    with pytest.raises(PlotError, match="is half a ratio"):
        sheet(read, ["misses/"])
    with pytest.raises(PlotError, match="takes the value 9|does not take the value 9"):
        sheet(read, where={"entries": ("9",)})
    with pytest.raises(PlotError, match="lookups is no swept parameter"):
        sheet(read, across="lookups")
    with pytest.raises(UsageError, match=r"a\.jpg: no form that a table can have"):
        writer_of(Path("a.jpg"))


def test_the_command(swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(swept)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("| TLB entries | core mode | misses per thousand references |")
    assert len(printed.splitlines()) == 2 + 4
    for ending in FORMS:
        file = tmp_path / "new" / f"t{ending}"
        assert main(["export", str(swept), "misses", "-o", str(file)]) == 0
        first = file.read_bytes()
        assert main(["export", str(swept), "misses", "-o", str(file)]) == 0
        assert file.read_bytes() == first
    assert main(["export", str(swept), "--digits", "0"]) == 2
    assert "no number of digits" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed: texlive-latex-recommended has it")
def test_latex_takes_it(swept: Path, tmp_path: Path) -> None:
    text = as_latex(sheet(read_sweep(swept), ["misses", "hits"], across="mode"), Style(caption="A_B", label="t"))
    whole = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}" + text + "\\end{document}"
    (tmp_path / "a.tex").write_text(whole)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Undefined" not in done.stdout and (tmp_path / "a.pdf").is_file()
