# SPDX-License-Identifier: BSD-3-Clause
"""What a report says: that it follows from the results, needs nothing else, and holds for whatever is in the folder."""

from __future__ import annotations

import base64
import gzip
import json
import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import pytest

from simobjects.base.errors import InputError
from simobjects.cli import main
from simobjects.report import Wanted, report
from simobjects.report import write as written
from simobjects.report.charts import _few
from simobjects.report.comparing import _answer
from simobjects.report.comparisons import comparisons, pairs
from simobjects.report.content import collect
from simobjects.report.markup import joined, table, tag
from simobjects.report.verdicts import FOLDER, Verdict
from simobjects.report.write import LIMIT
from simobjects.study.executors.local import LocalProcesses
from simobjects.study.metric import PlotError
from simobjects.study.plan import read_plan
from simobjects.study.results import Results
from simobjects.study.space import parse_space
from tests.helpers.reported import BOTH, PAGES, SIZES, machine, swept

QUESTION = "Is <b>this</b> & that so?"


class Outline(HTMLParser):
    """What stands in a page: its tags, the text of each section, the cells of tables; and whether all is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, str] = {}
        self._section = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name == "section":
            self._section = dict(attributes)["id"] or ""
        if name not in ("br", "img", "input", "meta", "tr", "td", "th"):
            self._open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self._open.pop() == name

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.sections[self._section] = self.sections.get(self._section, "") + data


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve points of two ways, three sizes and two working sets."""
    return swept(tmp_path_factory.mktemp("report"), SIZES, PAGES, BOTH, question=QUESTION)


@pytest.fixture(scope="module")
def outline(study: Path) -> Outline:
    return Outline(report(study).read_text(encoding="utf-8"))


def test_it_needs_nothing_else_and_is_the_same_each_time(study: Path) -> None:
    first = report(study).read_bytes()
    assert report(study, study / "again" / "r.html").read_bytes() == first
    assert len(first) < LIMIT
    text = first.decode()
    outline = Outline(text)
    for name, attributes in outline.tags:
        for key in ("src", "href"):
            assert (attributes.get(key) or "#").startswith(
                ("#", "data:image/svg+xml;base64,", "data:image/png;base64,")
            ), name
    assert any((attributes.get("content") or "").startswith("default-src 'none'") for _, attributes in outline.tags)
    assert not re.search(r"@import|url\(", text)


def test_it_has_every_part(outline: Outline) -> None:
    assert list(outline.sections)[1:] == [
        "short", "varied", "machine", "figures", "comparisons", "points", "failures", "reproduce", "cite",
    ]  # fmt: skip
    assert QUESTION in outline.sections[""], "as text, not as tags"
    assert ("b", {}) not in outline.tags
    assert "8, 16, 32" in outline.sections["varied"]
    assert "<made up>" in outline.sections["machine"]
    assert "No point failed." in outline.sections["failures"]
    assert "simobjects sweep" in outline.sections["reproduce"] and "class Timed" in outline.sections["reproduce"]
    assert "@misc{doe99," in outline.sections["cite"]
    pictures = [attributes for name, attributes in outline.tags if name == "img"]
    assert len(pictures) >= 4 and all(attributes.get("alt") for attributes in pictures)
    named = {attributes["id"] for _, attributes in outline.tags if attributes.get("id")}
    assert {a["href"] for name, a in outline.tags if name == "a"} <= {f"#{name}" for name in named}


def test_the_answer_follows_from_the_results_and_names_what_overturns_it(study: Path) -> None:
    content = collect(study, Wanted())
    (group,) = content.groups
    values = Results(study).values("system.core.time")
    misses = Results(study).values("system.core.tlb.misses")
    assert [(each.first, each.second) for each in group.pairs] == list(zip(values[::2], values[1::2], strict=True))
    for each, first, missed in zip(group.pairs, values[::2], misses[::2], strict=True):
        assert first == 10 * missed  # type: ignore[operator]
        verdict = each.verdict
        assert verdict is not None and not verdict.problem
        assert verdict.figure == pytest.approx(each.ratio)
        by_path = {one.path: one for one in verdict.influences}
        assert "system.core.idle" not in by_path, "nothing depends on it"
        # 400 look-ups of 9 cycles: a miss at which both are even, if it is one that a miss can cost.
        even = 400 * 9 / missed  # type: ignore[operator]
        turns = by_path["system.core.miss"].turns
        assert bool(turns) == (even < 60)
        if turns:
            assert abs(int(turns) - even) <= 1
            assert not verdict.holds
    overturned = sum(not each.verdict.holds for each in group.pairs if each.verdict)
    assert overturned > 0
    text = Outline(report(study).read_text(encoding="utf-8")).sections
    assert f"In {overturned} of 6 comparisons that were tested one estimated number alone" in text["short"]
    assert "system.core.miss" in text["short"] and "miss >= " in text["comparisons"]


@pytest.mark.parametrize(
    ("ratios", "text"),
    [
        ([1.5], "b has the lower time in the only configuration: a has 1.5 times as much."),
        ([1.5, 2.0], "b has the lower time in all 2 configurations: a has 1.5 to 2 times as much."),
        ([0.25, 0.5], "a has the lower time in all 2 configurations: b has 2 to 4 times as much."),
        ([1.0, 1.0], "a and b have the same time in all 2 configurations."),
        (
            [0.5, 1.0, 2.0],
            "It depends on the configuration: b has the lower time in 1 of 3, a in 1, and both have the same in 1; "
            "a / b is 0.5 to 2.",
        ),
        ([1.0, 2.0], "It depends on the configuration: b has the lower time in 1 of 2, a in 0, and both have the same "
                     "in 1; a / b is 1 to 2."),
    ],
)  # fmt: skip
def test_the_answer_in_a_sentence(ratios: list[float], text: str) -> None:
    assert _answer("a", "b", ratios, "time") == text


def test_what_was_found_out_is_kept(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    report(study, wanted=Wanted(references=50), say=said.append)
    assert len(said) == 6
    report(study, wanted=Wanted(references=50), say=said.append)
    assert len(said) == 6, "the second time nothing ran"
    kept = next((study / FOLDER).glob("*.json"))
    assert Verdict.read(kept.read_bytes()).text() == kept.read_bytes()
    for damaged in (b"", b"{}", b"[1]", b'{"format": 9}', kept.read_bytes()[:-40], b'{"format":1,"metric":1}'):
        with pytest.raises(ValueError):
            Verdict.read(damaged)


def test_settings_and_statistics_that_differ(study: Path) -> None:
    (group,) = collect(study, Wanted(sensitivity=False)).groups
    assert group.settings == (("system.core.scheme", "misses", "lookups"),)
    assert [each.name for each in group.differences] == ["system.core.time"]
    ratios = sorted(1 / each.ratio for each in group.pairs if each.ratio)
    difference = group.differences[0]
    assert difference.low == pytest.approx(ratios[0])
    assert difference.high == pytest.approx(ratios[-1])
    assert "Whether estimated costs would overturn that was not tested." in report(
        study, study / "no.html", Wanted(sensitivity=False)
    ).read_text(encoding="utf-8")


def test_the_drawings_have_the_numbers_of_the_results(study: Path) -> None:
    (chart,) = collect(study, Wanted(sensitivity=False, figures=("time",))).charts
    (heads, rows) = chart.drawing.heads, chart.drawing.rows
    assert heads[1:3] == ("TLB entries", "scheme")
    assert sorted(row[-1] for row in rows) == sorted(Results(study).values("system.core.time"))  # type: ignore[type-var]
    drawn = [row["v"] for _, spec in chart.drawing.panels for row in spec["data"]["values"]]
    assert drawn == [row[-1] for row in rows]
    assert [name for name, _ in chart.drawing.series] == ["misses", "lookups"]
    (stack,) = collect(study, Wanted(sensitivity=False, figures=("stack:kinds",))).charts
    even = sum(float(row[-1]) for row in stack.drawing.rows if row[-2] == "even")
    assert even == sum(Results(study).values("system.core.tlb.kinds[even]"))  # type: ignore[arg-type]
    (heat,) = collect(study, Wanted(sensitivity=False, figures=("heat:time",))).charts
    assert len(heat.drawing.rows) == 12


def test_of_many_comparisons_the_nearest_are_tested(study: Path) -> None:
    (group,) = collect(study, Wanted(most=2)).groups
    tested = [each.ratio for each in group.pairs if each.verdict is not None]
    others = [each.ratio for each in group.pairs if each.verdict is None]
    assert len(tested) == 2 and len(others) == 4

    def distance(ratio: float | None) -> float:
        assert ratio is not None
        return max(ratio, 1 / ratio)

    assert max(map(distance, tested)) <= min(map(distance, others))
    text = Outline(report(study, study / "most.html", Wanted(most=2)).read_text(encoding="utf-8")).sections
    assert "Tested were the 2 whose figures are nearest" in text["comparisons"]
    assert "not tested" in text["comparisons"]


def test_nothing_is_tested_with_another_script(tmp_path: Path) -> None:
    out = swept(tmp_path, BOTH, length=100)
    (tmp_path / "timed.py").write_text(machine(100) + "\n# edited\n")
    (group,) = collect(out, Wanted(figures=("stack:kinds",))).groups
    (pair,) = group.pairs
    assert pair.ratio is not None and pair.verdict is not None
    assert "another one by now" in pair.verdict.problem
    assert not (out / FOLDER).exists()
    text = Outline(report(out).read_text(encoding="utf-8")).sections
    assert "another one by now" in text["comparisons"] and "has changed since" in text["reproduce"]


def test_the_works_of_all_machines_are_cited(study: Path) -> None:
    every = {file.read_text(encoding="utf-8") for file in study.glob("*/citations.bib")}
    assert len(every) == 1, "alike in this study"
    assert collect(study, Wanted(sensitivity=False, figures=("misses",))).bibliography == every.pop().strip()
    run = next(study.glob("*/citations.bib"))
    own = run.read_bytes()
    try:
        run.write_bytes(own + b"\n@misc{more,\n  title = {More},\n}\n")
        text = collect(study, Wanted(sensitivity=False, figures=("misses",))).bibliography
    finally:
        run.write_bytes(own)
    assert text.count("@misc{more,") == text.count("@misc{doe99,") == text.count("@article{gem5,") == 1


def test_the_machine_may_be_a_function(tmp_path: Path) -> None:
    from simobjects.study import Study, grid

    text = machine(200).replace(
        "system = System()", "def made(scheme: str, size: int) -> System:\n    system = System()"
    )
    text = text.replace("\nsystem.core", "\n    system.core") + "    system.core.scheme = scheme\n"
    text = text.replace("FakeTLB(entries=16)", "FakeTLB(entries=size)") + "    return system\n"
    (tmp_path / "functions.py").write_text(text)
    module = runpy.run_path(str(tmp_path / "functions.py"))
    study = Study(module["made"], grid(scheme=["misses", "lookups"], size=[8]), out=tmp_path / "out", question="So?")
    study.run(LocalProcesses(1))
    (group,) = collect(study.out, Wanted(figures=("stack:kinds",))).groups
    (pair,) = group.pairs
    assert pair.verdict is not None and pair.verdict.problem == ""
    assert pair.verdict.figure == pytest.approx(pair.ratio)
    text = Outline(report(study.out).read_text(encoding="utf-8")).sections["short"]
    assert "in the only comparison tested" in text or "In the only comparison that was tested" in text


def test_failures_and_points_that_were_not_run(tmp_path: Path) -> None:
    out = swept(tmp_path, "system.core.mode=good,raise", BOTH)
    text = Outline(report(out).read_text(encoding="utf-8")).sections
    assert "2 of 4 points were run to their end." in text["short"]
    assert "What changes with core mode and scheme?" in text[""], "as the axes of the figures are called"
    assert "the machine is made to fail" in text["failures"]
    only = swept(tmp_path, "system.core.mode=raise,kill")
    nothing = Outline(report(only).read_text(encoding="utf-8")).sections
    assert "0 of 2 points" in nothing["short"] and "points" not in nothing
    for result in (out / "points").rglob("*.json"):
        result.unlink()


def test_a_table_that_is_too_long_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = swept(tmp_path, "system.core.tlb.entries=4..40:+4", length=50)
    wanted = Wanted(figures=("misses",))
    size = report(out, wanted=wanted).stat().st_size
    monkeypatch.setattr("simobjects.report.write.LIMIT", size - 1)
    text = report(out, wanted=wanted).read_text(encoding="utf-8")
    assert "5 further points are in sweep.csv" in text
    assert len(text.encode()) < size


def test_a_figure_of_many_marks_is_a_small_picture(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted(sensitivity=False, figures=("misses",))
    (plain,) = collect(study, wanted).charts
    assert plain.form == "svg+xml" and plain.picture.startswith(b"<?xml")
    monkeypatch.setattr("simobjects.report.charts._LARGEST", 1000)
    monkeypatch.setattr("simobjects.report.charts._MARKS", 11)
    (chart,) = collect(study, wanted).charts
    assert chart.form == "png" and chart.picture.startswith(b"\x89PNG")
    assert chart.drawing.panels == () and chart.drawing.rows == plain.drawing.rows
    assert "too many marks" in chart.remarks[-1]
    text = report(study, study / "many.html", wanted).read_text(encoding="utf-8")
    assert "data:image/png;base64," in text and "data-chart" not in text.partition("<script")[0]


def test_of_many_values_bars_show_some() -> None:
    axes = parse_space(["system.a.b=1..100:+1", "system.c.d=1..16:+1"]).axes
    (found,) = _few(axes).values()
    assert len(found) == 16 and found[0] == "1" and found[-1] == "100"
    gaps = [int(b) - int(a) for a, b in zip(found, found[1:], strict=False)]
    assert set(gaps) <= {6, 7}


def test_which_values_are_compared() -> None:
    axes = parse_space([SIZES, "system.host.scheme=a,b,c", "system.x.y=1,2"]).axes
    assert [(each.first, each.second) for each in pairs(axes, [])] == [("a", "b"), ("a", "c")]
    assert [each.path for each in pairs(parse_space([SIZES, "system.x.y=1,2"]).axes, [])] == ["system.x.y"]
    assert pairs(parse_space([SIZES]).axes, []) == []
    (named,) = pairs(axes, ["entries=8,32"])
    space = parse_space([SIZES, "system.x.y=1,2"])
    found = list(comparisons(space, named))
    assert [each.label for each in found] == ["8 / 32, y 1", "8 / 32, y 2"] or len(found) == 2
    with pytest.raises(PlotError, match="no swept parameter has both values"):
        pairs(axes, ["a,z"])


def test_the_command(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.html"
    options = ["-o", str(file), "--no-sensitivity", "--column", "misses", "--figure", "misses", "--question", "Why?"]
    assert main(["report", str(study), *options]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert "<h1>Why?</h1>" in file.read_text(encoding="utf-8")
    assert main(["report", str(tmp_path)]) == 3
    assert "holds no study.json" in capsys.readouterr().err
    for wrong, said in (
        (["--figure", "piie:misses"], "'piie' is no kind of figure"),
        (["--figure", "mises"], "no statistic mises; did you mean misses?"),
        (["--column", "mises"], "no statistic mises; did you mean misses?"),
        (["--metric", "mises"], "no statistic mises; did you mean misses?"),
        (["--compare", "a,z"], "--compare a,z: no swept parameter has both values; write --compare PATH=A,B"),
    ):
        assert main(["report", str(study), "--references", "77", *wrong]) == 2
        told = capsys.readouterr().err
        assert said in told and "hangs on" not in told, "before anything runs"
    with pytest.raises(InputError):
        report(tmp_path)


def test_the_question_is_kept_by_the_sweep(study: Path) -> None:
    assert read_plan(study).sweep.question == QUESTION
    assert json.loads((study / "study.json").read_bytes())["question"] == QUESTION


def test_what_is_not_ours_has_its_licence_where_it_goes(study: Path) -> None:
    data = Path(written.__file__).parent / "data"
    licences = (data / "LICENSES").read_text(encoding="utf-8")
    for name in ("vega", "vega-lite"):
        code = (data / f"{name}.min.js").read_text(encoding="utf-8")
        (version,) = set(re.findall(r'="(\d+\.\d+\.\d+)"', code[:600] + code[-3000:]))
        assert f"{name} {version} (BSD-3-Clause)" in licences
    assert all(file.stat().st_size < 2_000_000 for file in data.iterdir())
    page = report(study, study / "licence.html", Wanted(sensitivity=False, figures=("misses",))).read_text("utf-8")
    found = re.search(r'<script type="text/plain" id="vega">(.*?)</script>', page)
    assert found is not None
    assert licences in gzip.decompress(base64.b64decode(found[1])).decode()


def test_html_is_escaped() -> None:
    assert (
        tag("p", "a < b & c", title='"x"', hidden=True, id=None)
        == '<p title="&quot;x&quot;" hidden>a &lt; b &amp; c</p>'
    )
    assert joined(["<", tag("br"), None, [tag("i", "&")]]) == "&lt;<br><i>&amp;</i>"
    assert "<td>&lt;script&gt;" in table(("a",), [("<script>",)])
