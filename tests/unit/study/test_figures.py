# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a real sweep: which values they show and how, in each kind; the same bytes; what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from simobjects.base.errors import InputError, SimObjectsError, UsageError
from simobjects.draw.palette import SCHEMES, TIMES
from simobjects.study.execute import Limits
from simobjects.study.figures import (
    Bar,
    Figure,
    Page,
    Swept,
    draw,
    form_of,
    parse_length,
    planned,
    read_sweep,
    stacks,
)
from simobjects.study.figures.bars import SMALL, merged
from simobjects.study.figures.maps import crossings
from simobjects.study.figures.names import Catalogue, axis_names, plural
from simobjects.study.figures.plan import Key, Plan, collected, values_of
from simobjects.study.known import Known
from simobjects.study.metric import Metric, PlotError
from simobjects.study.plan import Sweep, write_plan
from simobjects.study.space import Axis, parse_space
from simobjects.study.store import StoreError
from simobjects.study.sweep import run_sweep
from simobjects.study.table import Row

CONFIG = Path(__file__).parents[3] / "configs" / "examples" / "kvm_guest.py"
OVERS = ("system.guest_tlb.entries=16,64", "system.tlb.entries=32,64", "system.host.scheme=e3b,e4")
GUEST, HARDWARE, SCHEME = "system.guest_tlb.entries", "system.tlb.entries", "system.host.scheme"
ONE_SIZE = {HARDWARE: ("64",)}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """Eight points of a real guest, thirty thousand references each."""
    out = tmp_path_factory.mktemp("sweep") / "guests"
    outcome = run_sweep(Sweep(CONFIG, parse_space(OVERS), out, limits=Limits(references=30_000)))
    assert not outcome.failed and outcome.plot_problem == ""
    return read_sweep(out)


def made(results: Swept, text: str, **more: object) -> tuple[Plan, dict[Key, dict[str, float]]]:
    figure = replace(Figure.parse(text), **more)  # type: ignore[arg-type]
    plan = planned(figure, results.axes, results.catalogue)
    return plan, collected(plan, results, None)[0]


def rows_at(results: Swept, **values: str) -> list[Row]:
    wanted = {GUEST: values["guest"], HARDWARE: values["hardware"], SCHEME: values["scheme"]}
    return next(list(rows) for point, rows in results.tables() if dict(point) == wanted)  # type: ignore[arg-type]


def vector(rows: list[Row], path: str, stat: str) -> dict[str, float]:
    return {row.index: float(row.value) for row in rows if (row.path, row.stat, row.window) == (path, stat, "total")}


KINDS: Mapping[str, Mapping[str, object]] = {
    "curves": {},
    "stack": {"where": ONE_SIZE},
    "share:exit_cycles/system.core.instructions": {"facets": ("scheme", "system.tlb.entries")},
    "difference": {"where": ONE_SIZE},
    "heat:vcpu_time": {},
    "even:vcpu_time": {},
    "even:tlb.misses": {"where": ONE_SIZE},
}


@pytest.mark.parametrize("text", KINDS)
def test_every_kind_has_the_same_bytes_twice_and_no_date_or_place(results: Swept, text: str) -> None:
    figure = replace(Figure.parse(text.replace("tlb.misses", "system.tlb.misses")), **KINDS[text])  # type: ignore[arg-type]
    first = draw(results, figure, Page(width=88)).content
    assert first.startswith(b"<?xml") and b'width="249.4' in first
    assert draw(results, figure, Page(width=88)).content == first
    assert b"<dc:date>" not in first
    assert not re.search(rb"/home/|/tmp/|/root/|atplotlib v", first)


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_other_forms_too(results: Swept, form: str, begins: bytes) -> None:
    page = Page(width=60, form=form, title="A title", ylabel="")  # type: ignore[arg-type]
    drawn = draw(results, Figure.parse("heat:vcpu_time"), page).content
    assert drawn.startswith(begins)
    assert draw(results, Figure.parse("heat:vcpu_time"), page).content == drawn
    assert b"CreationDate" not in drawn


def test_curves_have_a_line_for_each_scheme_and_a_panel_for_each_further_value(results: Swept) -> None:
    plan, found = made(results, "curves")
    assert (plan.x.path, plan.lines and plan.lines.path) == (GUEST, SCHEME)
    assert [name for _, name in plan.panels()] == ["TLB entries 32", "TLB entries 64"]
    rows = rows_at(results, guest="16", hardware="64", scheme="e4")
    misses = sum(vector(rows, "system.core", "misses").values())
    assert found["64", "e4", "16"][""] == pytest.approx(1000 * misses / 30_000)
    drawn = draw(results).content.decode()
    assert all(SCHEMES[scheme].colour in drawn for scheme in ("e3b", "e4"))


def test_the_stack_of_time_is_the_whole_time_with_exits_by_kind(results: Swept) -> None:
    plan, found = made(results, "stack", where=ONE_SIZE)
    for (scheme, guest), parts in found.items():
        rows = rows_at(results, guest=guest, hardware="64", scheme=scheme)
        assert sum(parts.values()) == pytest.approx(vector(rows, "system.core", "time")[""])
        assert parts["inst_emu"] == vector(rows, "system.host", "exit_cycles")["inst_emu"] > 0
        assert parts["exits"] == pytest.approx(0, abs=1e-3)
    drawn = draw(results, plan.figure).content.decode()
    assert TIMES["inst_emu"].colour in drawn and TIMES["dtlb_v"].colour in drawn


def test_a_part_within_another_is_taken_from_it() -> None:
    catalogue = Catalogue({
        "a.core.cycles": Known("cycle", "where the time went", ("guest", "exits")),
        "a.host.exit_cycles": Known("cycle", "time by kind", ("mmio",)),
    })  # fmt: skip
    plan = planned(Figure("stack"), (Axis("a.x", ("1", "2")),), catalogue)
    rows = [
        Row("total", "a.core", "cycles", "guest", "cycle", "5"),
        Row("total", "a.core", "cycles", "exits", "cycle", "10"),
        Row("total", "a.host", "exit_cycles", "mmio", "cycle", "7"),
    ]
    assert values_of(plan, rows, "total") == {"guest": 5, "exits": 3, "mmio": 7}


def test_the_difference_of_two_schemes_is_the_second_less_the_first(results: Swept) -> None:
    plan, found = made(results, "difference:exit_cycles", where=ONE_SIZE)
    assert plan.between is not None and (plan.between.first, plan.between.second) == ("e3b", "e4")
    before, after = (
        vector(rows_at(results, guest="16", hardware="64", scheme=scheme), "system.host", "exit_cycles")
        for scheme in ("e3b", "e4")
    )
    assert found["16", "e3b"]["inst_emu"] == before["inst_emu"]
    assert found["16", "e4"]["inst_emu"] - found["16", "e3b"]["inst_emu"] == after["inst_emu"] - before["inst_emu"] < 0
    other = planned(replace(plan.figure, between="e4,e3b"), results.axes, results.catalogue).between
    assert other is not None and (other.first, other.second) == ("e4", "e3b")


def test_where_two_lines_cross_is_where_the_lines_between_the_points_cross() -> None:
    catalogue = Catalogue({"a.t": Known("cycle", "time")})
    axes = (Axis("a.size", ("10", "20", "40")), Axis("a.scheme", ("e3b", "e4")))
    plan = planned(Figure("even", "a.t"), axes, catalogue)

    def at(*values: tuple[float, float]) -> dict[Key, dict[str, float]]:
        pairs = zip(axes[0].values, values, strict=True)
        return {(x, scheme): {"": y} for x, pair in pairs for scheme, y in zip(("e3b", "e4"), pair, strict=True)}

    ((left, right, place),) = crossings(plan, at((5, 1), (4, 2), (3, 3.5)))
    assert (left, right) == ("20", "40") and place == pytest.approx(20 * 2**0.8)
    assert crossings(plan, at((5, 1), (4, 2), (3, 1))) == []
    two = planned(Figure("even", "a.t"), (Axis("a.size", ("10", "20")), axes[1]), catalogue)
    ((left, right, place),) = crossings(two, at((3, 1), (1, 2), (9, 9)))
    assert (left, right) == ("10", "20") and place == pytest.approx(10 + 10 * 2 / 3)


def test_the_remark_of_an_even_figure_says_where(results: Swept) -> None:
    figure = replace(Figure.parse("even:vcpu_time"), where=ONE_SIZE)
    assert draw(results, figure).remarks == ("e3b and e4 do not cross",)


def test_small_parts_are_drawn_together_and_nothing_is_lost() -> None:
    bars = [Bar("a", {"x": 1000.0, "y": 1.0, "z": 2.0, "never": 0.0}), Bar("b", {"x": 500.0, "y": 0.0, "z": 3.0})]
    assert merged(bars) == [{"x": 1000.0, "2 others": 3.0}, {"x": 500.0, "2 others": 3.0}]
    assert 3.0 < SMALL * 1000 < 5
    assert merged([Bar("a", {"x": 1000.0, "y": 1.0})]) == [{"x": 1000.0, "y": 1.0}]


def test_stacks_of_ones_own_share_scale_and_colours() -> None:
    groups = [("one", [Bar("a", {"dtlb_r": 5.0})]), ("two", [Bar("a", {"dtlb_r": 1.0, "mmio": 2.0})])]
    drawn = stacks(groups, Page(), "title", "x", "y")
    assert drawn == stacks(groups, Page(), "title", "x", "y")
    assert drawn.decode().count(f"fill: {TIMES['dtlb_r'].colour}") == 3, "two bars and the legend"


def test_labels_are_what_the_statistics_say_of_themselves_with_units(results: Swept) -> None:
    def label(text: str) -> str:
        return planned(Figure.parse(text), results.axes, results.catalogue).label

    assert label("curves:all_exits") == "exits of all kinds (exits)"
    assert label("curves:exits_by_kind[mmio]") == "exits by kind: mmio (exits)"
    assert label("curves:vcpu_time/system.core.instructions") == (
        "time without that of other host tasks, and without the guest's waiting (cycles per instruction)"
    )
    assert label("stack") == "time by what it went to (cycles)"
    assert label("curves") == "misses per thousand references"
    assert [plural(unit) for unit in ("cycle", "miss", "entry", "day")] == ["cycles", "misses", "entries", "days"]


def test_parameters_are_named_as_short_as_they_differ() -> None:
    axes = [Axis(path, ()) for path in (GUEST, HARDWARE, SCHEME, "system.host.hz")]
    assert list(axis_names(axes).values()) == ["guest TLB entries", "TLB entries", "scheme", "host HZ"]
    twins = [Axis("system.a.tlb.entries", ()), Axis("system.b.tlb.entries", ())]
    assert list(axis_names(twins).values()) == ["a TLB entries", "b TLB entries"]


REFUSED = [
    ("curves:misse", {}, "no statistic misse; did you mean misses?"),
    ("misses", {}, "objects have a statistic misses; write one of system.core.misses, "),
    ("exits_by_kind[nmi]", {}, "no value exits_by_kind[nmi]; write one of itlb_r, "),
    ("vcpu_time[x]", {}, "no value vcpu_time[x]; write system.core.vcpu_time, which is one value"),
    ("stack:vcpu_time", {}, "system.core.vcpu_time is one value, which has no parts"),
    ("staks:exit_cycles", {}, "'staks' is no kind of figure; did you mean stack?"),
    ("stack:", {}, "no statistic behind the colon"),
    ("vcpu_time/", {}, "'vcpu_time/' is half a ratio; write two statistics, A/B"),
    ("/vcpu_time", {}, "'/vcpu_time' is half a ratio; write two statistics, A/B"),
    ("curves", {"x": "scheme"}, "takes names, and x needs numbers"),
    ("curves", {"x": "entries"}, "entries is more than one swept parameter; swept are: "),
    ("curves", {"facets": ("hz",)}, "hz is no swept parameter"),
    ("curves", {"y": "scheme"}, "has its values upwards"),
    ("stack", {"lines": "scheme"}, "has no lines"),
    ("curves", {"where": {"scheme": ("e5",)}}, "system.host.scheme does not take the value e5; it takes e3b, e4"),
    ("curves", {"where": {"hz": ("1",)}}, "hz is no swept parameter"),
    ("curves", {"where": {"entries": ("16",)}}, "--where: entries is more than one swept parameter; swept are: "),
    ("difference", {"between": "e3b"}, "expected two different values; write --between A,B"),
    ("difference", {"between": "e3b,e5"}, "no swept parameter has both values"),
    ("difference", {"between": "16,64"}, None),
    ("even", {"where": {SCHEME: ("e4",)}}, "which two values are to be compared?"),
    ("heat", {"where": {SCHEME: ("e4",), HARDWARE: ("64",)}}, "no map: it needs two swept parameters"),
    ("series", {}, "a series shows one run in windows"),
]


@pytest.mark.parametrize(("text", "more", "message"), REFUSED)
def test_what_there_is_not_is_refused_before_anything_is_drawn(
    results: Swept, text: str, more: dict[str, object], message: str | None
) -> None:
    if message is None:
        made(results, text, **more)
        return
    with pytest.raises(PlotError, match=re.escape(message)):
        planned(replace(Figure.parse(text), **more), results.axes, results.catalogue)  # type: ignore[arg-type]


def test_too_many_panels_and_an_unknown_window_are_refused(results: Swept) -> None:
    axes = (*results.axes, Axis("system.host.hz", tuple(f"{rate}Hz" for rate in range(1, 15))))
    with pytest.raises(PlotError, match="28 panels do not fit; at most 24 do; choose values with --where"):
        planned(Figure(), axes, results.catalogue)
    with pytest.raises(PlotError, match="in the window 'roi'"):
        draw(results, Figure(), window="roi")


def test_points_that_failed_leave_gaps(results: Swept) -> None:
    plan, found = made(results, "curves")
    kept = [table for table in results.tables() if dict(table[0]) != {GUEST: "16", HARDWARE: "32", SCHEME: "e4"}]
    holed = replace(results, tables=lambda: kept)
    assert len(collected(plan, holed, None)[0]) == len(found) - 1
    for text in ("curves", "stack", "difference", "heat:vcpu_time", "even:vcpu_time"):
        assert draw(holed, Figure.parse(text), Page(width=60)).content
    with pytest.raises(PlotError, match="nothing to draw"):
        draw(replace(results, tables=list))
    one_sided = replace(results, tables=lambda: [table for table in kept if table[0][SCHEME] == "e3b"])
    for text in ("difference", "even:vcpu_time"):
        with pytest.raises(PlotError, match="nothing to draw: no point has both values"):
            draw(one_sided, Figure.parse(text))


def test_a_folder_that_is_no_sweep_or_was_changed_is_refused(results: Swept, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no study\.json; name the folder of a sweep"):
        read_sweep(tmp_path)
    sweep = Sweep(CONFIG, parse_space(OVERS), tmp_path, limits=Limits(references=10))
    write_plan(sweep, results.catalogue)
    with pytest.raises(InputError, match="no point of this sweep has finished"):
        read_sweep(tmp_path)
    facts = json.loads((tmp_path / "study.json").read_text())
    facts["statistics"]["system.core.time"] = ["cycle"]
    (tmp_path / "study.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="is damaged"):
        read_sweep(tmp_path)
    run_sweep(Sweep(CONFIG, parse_space(["system.tlb.entries=32,64"]), tmp_path, limits=Limits(references=10)))
    stats = next(tmp_path.glob("*/stats.csv"))
    stats.write_bytes(stats.read_bytes().replace(b"10", b"11"))
    with pytest.raises(StoreError, match=r"stats\.csv is not as the run wrote it"):
        draw(read_sweep(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"windows": []}', b'{"windows": [{"stats": [{"path": 1}]}]}', b"[" * 90_000]
)
def test_damaged_descriptions_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="describes no statistics"):
        Catalogue.read(content)


LENGTHS = [("88mm", 88.0), ("3.5 in", 88.9), ("17cm", 170.0), ("250pt", 88.19444)]


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_lengths(text: str, length: float) -> None:
    assert parse_length(text, "--width") == pytest.approx(length)


@pytest.mark.parametrize("text", ["88", "88km", "wide", "-5mm", "1mm", "5000mm"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--width: "):
        parse_length(text, "--width")


def test_the_name_of_a_file_says_its_form() -> None:
    assert [form_of(Path(name)) for name in ("a.svg", "a.PDF", "b/c.png")] == ["svg", "pdf", "png"]
    with pytest.raises(SimObjectsError, match=r"a\.jpg: no form that a figure can have"):
        form_of(Path("a.jpg"))


ROWS = [
    Row("total", "system.tlb", "misses", "", "lookup", "40"),
    Row("total", "system.core", "references", "", "lookup", "1000"),
    Row("total", "system.host", "exits", "dtlb_v", "exit", "3"),
    Row("total", "system.host", "exits", "dtlb_r", "exit", "4"),
    Row("total", "system.host", "rate", "", "ratio", ""),
]
QUANTITIES = [
    ("system.tlb.misses", 40.0),
    ("system.tlb.misses/system.core.references", 0.04),
    ("system.host.exits[dtlb_v]", 3.0),
    ("system.host.exits", 7.0),
    ("system.host.rate", None),
    ("system.tlb.misses / system.host.rate", None),
]


@pytest.mark.parametrize(("text", "value"), QUANTITIES)
def test_quantity(text: str, value: float | None) -> None:
    assert Metric.parse(text).of(ROWS, "total") == value


def test_unknown_statistic_or_window_or_text() -> None:
    with pytest.raises(PlotError, match=r"no statistic system\.tlb\.mises in the window 'total'"):
        Metric.parse("system.tlb.mises").of(ROWS, "total")
    with pytest.raises(PlotError, match="in the window 'roi'"):
        Metric.parse("system.tlb.misses").of(ROWS, "roi")
    with pytest.raises(PlotError, match="--plot misses: 'misses' names no statistic"):
        Metric.parse("misses")
