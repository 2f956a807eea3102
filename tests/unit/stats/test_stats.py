# SPDX-License-Identifier: BSD-3-Clause
"""Kinds of statistics, snapshots, windows and checks."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from simobjects.base.errors import UnknownNameError
from simobjects.stats import (
    Counts,
    Source,
    StatsError,
    StatsTree,
    bin_label,
    conserve,
    counter,
    formula,
    histogram,
    level,
    number_text,
    vector,
)
from simobjects.stats.exact import scaled
from simobjects.stats.kinds import Conservation, Stat


class Books:
    """One object's statistics, with values that a test sets."""

    def __init__(self, checks: Mapping[str, Conservation] | None = None, **stats: Stat) -> None:
        for name, stat in stats.items():
            stat.name = name
        self.values: dict[str, Any] = {}
        self.cycle = self.reference = 0
        self.source = Source.of(self, "system.x", stats, checks or {}, lambda: self.values)

    def tree(self, **values: Any) -> StatsTree:
        self.values = values
        return StatsTree([self.source], lambda: (self.cycle, self.reference), "run")


def books() -> Books:
    return Books(
        {"sum": conserve("hits + misses = lookups", lambda s: s.hits + s.misses, lambda s: s.lookups)},
        hits=counter("hits", unit="lookup"),
        misses=counter("misses", unit="lookup"),
        lookups=counter("look-ups", unit="lookup"),
        kinds=vector("by kind", labels=("a", "b"), unit="exit"),
        sizes=histogram("sizes", unit="cycle"),
        least=level("smallest", unit="cycle"),
        litres=counter("water", unit="litre", scale=1000),
        rate=formula("hit rate", lambda s: s.hits / s.lookups),
    )


def values(hits: int = 0, misses: int = 0, **more: Any) -> dict[str, Any]:
    made = {"hits": hits, "misses": misses, "lookups": hits + misses, "kinds": [0, 0], "sizes": [0], "least": 9}
    return {**made, "litres": hits * 250, **more}


def test_windows_subtract_every_kind() -> None:
    held = books()
    tree = held.tree(**values())
    held.values, held.cycle, held.reference = values(3, 1, kinds=[2, 1], sizes=[1, 2], least=5), 10, 4
    begin = tree.snapshot("begin")
    held.values, held.cycle, held.reference = values(9, 3, kinds=[2, 7], sizes=[1, 5, 8], least=2), 30, 12
    window = tree.window(begin, tree.snapshot("end"), "mine")
    assert window["system.x.hits"] == 6
    assert window["system.x.kinds"] == (0, 6)
    assert window.by_label("system.x.kinds") == {"a": 0, "b": 6}
    assert window["system.x.sizes"] == (0, 3, 8)
    assert window["system.x.least"] == 2
    assert window["system.x.rate"] == 0.75
    assert (window.cycles, window.references) == (20, 8)
    assert [made.label for made in tree.windows()] == ["total", "mine"]
    assert tree.window("begin", "end")["system.x.misses"] == 2
    assert tree.window("start", "end")["system.x.hits"] == 9


def test_a_formula_that_divides_by_zero_has_no_value() -> None:
    held = books()
    tree = held.tree(**values())
    assert tree["system.x.rate"] is None
    held.values = values(1, 0)
    begin = tree.snapshot("begin")
    assert tree.window(begin, tree.snapshot("end"))["system.x.rate"] is None


def test_formulas_may_use_one_another_and_labels() -> None:
    held = Books(
        kinds=vector("by kind", labels=("a", "b"), unit="exit"),
        share=formula("share of a", lambda s: Fraction(s.kinds["a"], sum(s.kinds))),
        percent=formula("in percent", lambda s: s.share * 100, unit="%"),
    )
    assert held.tree(kinds=[1, 3])["system.x.percent"] == 25.0


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (lambda s: s.hit, "system.x.bad: the formula fails: system.x has no statistic 'hit'"),
        (lambda s: s.hits + "x", "system.x.bad: the formula fails: unsupported operand"),
        (lambda s: [1], "system.x.bad: a formula gives one number, this one gave \\[1\\]"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_refused_at_once(rule: Any, text: str) -> None:
    with pytest.raises(StatsError, match=text):
        Books(hits=counter("hits", unit="x"), bad=formula("bad", rule)).tree(hits=1)


def test_a_formula_without_a_finite_value_has_none() -> None:
    assert Books(bad=formula("bad", lambda s: float("inf"))).tree()["system.x.bad"] is None


@pytest.mark.parametrize(
    ("lie", "text"),
    [
        ({"hits": 2, "lookups": 3}, "system.x.hits went down from 3 at 'one' to 2 at 'two'"),
        ({"kinds": [5, 0]}, r"system.x.kinds went down from \[5, 1\] at 'one' to \[5, 0\] at 'two'"),
        ({"sizes": [4]}, r"system.x.sizes went down from \[4, 2\] at 'one' to \[4\] at 'two'"),
    ],
)
def test_a_count_that_goes_down_is_caught(lie: dict[str, Any], text: str) -> None:
    held = books()
    tree = held.tree(**values())
    held.values = values(3, 1, kinds=[5, 1], sizes=[4, 2], least=7)
    tree.snapshot("one")
    held.values = {**held.values, "least": 1, **lie}
    with pytest.raises(StatsError, match=text):
        tree.snapshot("two")


def test_books_that_do_not_balance_are_caught() -> None:
    held = books()
    tree = held.tree(**values())
    held.values = values(3, 1, lookups=5)
    with pytest.raises(StatsError) as caught:
        tree.snapshot("one")
    assert str(caught.value) == "system.x: 'hits + misses = lookups' does not hold at 'one': 4 != 5"
    with pytest.raises(StatsError):
        tree.current()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"hits": 1.5}, "system.x.hits is 1.5; expected a whole number"),
        ({"hits": True}, "system.x.hits is True; expected a whole number"),
        ({"kinds": 3}, "system.x.kinds is 3; expected a list of whole numbers"),
        ({"kinds": [1]}, "system.x.kinds has 1 values; expected one for each of its 2 labels"),
        ({"kinds": [1, None]}, "system.x.kinds is None; expected a whole number"),
        ({"sizes": "12"}, "system.x.sizes is '12'; expected a list of whole numbers"),
        ({"other": 1}, "the peer of system.x gives 'other', which is not declared"),
    ],
)
def test_values_of_the_wrong_shape(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(StatsError) as caught:
        books().tree(**{**values(), **wrong})
    assert str(caught.value) == text


def test_a_value_that_is_missing() -> None:
    with pytest.raises(StatsError, match="system.x declares 'hits' but its peer does not give it"):
        Books(hits=counter("hits", unit="x")).tree()


def test_labels_have_one_meaning() -> None:
    tree = books().tree(**values())
    begin = tree.snapshot("a")
    with pytest.raises(StatsError, match="there is a snapshot 'a' already; use another label, such as 'a.2'"):
        tree.snapshot("a")
    tree.window(begin, begin, "w")
    for label in ("w", "total"):
        with pytest.raises(StatsError, match=f"there is a window '{label}' already"):
            tree.window(begin, begin, label)
    with pytest.raises(StatsError, match="there is no snapshot 'b'; there is: start, a"):
        tree.window("a", "b")


def test_windows_go_forward() -> None:
    held = books()
    tree = held.tree(**values())
    early = tree.snapshot("early")
    held.cycle = 5
    late = tree.snapshot("late")
    with pytest.raises(StatsError, match="window 'late..early': 'early' was taken before 'late'; swap the two"):
        tree.window(late, early)


def test_an_unknown_statistic_names_the_nearest() -> None:
    tree = books().tree(**values())
    with pytest.raises(UnknownNameError, match=r"no statistic 'system.x.hit'; did you mean system.x.hits\?"):
        _ = tree["system.x.hit"]


def test_whole_numbers_have_a_type_of_their_own() -> None:
    tree = books().tree(**values(3, 1, kinds=[2, 7]))
    for asked in (tree, tree.snapshot("now")):
        assert (asked.count("system.x.hits"), asked.count("system.x.lookups")) == (3, 4)
        assert asked.counts("system.x.kinds") == {"a": 2, "b": 7}
    assert tree.window("start", "now").counts("system.x.kinds") == {"a": 0, "b": 0}  # the tree began with them
    with pytest.raises(StatsError, match=r"system\.x\.rate is a formula"):
        tree.counts("system.x.rate")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kinds", r"system\.x\.kinds has several values; use counts\('system\.x\.kinds'\)\[label\]"),
        ("litres", r"system\.x\.litres is 0\.75, no whole number"),
        ("rate", r"system\.x\.rate is 0\.75, no whole number"),
    ],
)
def test_what_is_no_whole_number_is_not_passed_for_one(name: str, said: str) -> None:
    with pytest.raises(StatsError, match=said):
        books().tree(**values(3, 1)).count(f"system.x.{name}")


def test_labels_may_depend_on_the_object() -> None:
    held = Books(kinds=vector("by kind", labels=lambda owner: [type(owner).__name__, "b"], unit="exit"))
    assert held.tree(kinds=[1, 2]).by_label("system.x.kinds") == {"Books": 1, "b": 2}


def test_levels_go_up_and_down_by_label() -> None:
    held = Books(least=level("smallest", unit="cycle", labels=("a",)))
    tree = held.tree(least=[5])
    tree.snapshot("one")
    held.values = {"least": [3]}
    assert tree.window("one", tree.snapshot("two"))["system.x.least"] == (3,)


def test_bins() -> None:
    assert [bin_label(number) for number in range(5)] == ["0", "1", "2-3", "4-7", "8-15"]


@pytest.mark.parametrize(
    ("count", "scale", "text"),
    [(1, 1, "1"), (1234, 1000, "1.234"), (-5, 2, "-2.5"), (10**30 + 1, 8, f"{10**30 // 8}.125"), (2000, 1000, "2")],
)
def test_scaled_counts_are_exact(count: int, scale: int, text: str) -> None:
    assert number_text(scaled(count, scale)) == text
    assert Fraction(text) * scale == count


@pytest.mark.parametrize("scale", [3, 0, -10, 7000])
def test_a_scale_without_finite_decimals_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match="products? of twos and fives|product of twos and fives"):
        counter("x", unit="x", scale=scale)


def test_values_of_a_vector_are_taken_by_label() -> None:
    counts = books().tree(**values(3, 1, kinds=[2, 1], sizes=[0, 4]))["system.x.kinds"]
    assert isinstance(counts, Counts)
    assert (counts["b"], sum(counts), counts, counts.labels) == (1, 3, (2, 1), ("a", "b"))
    assert copy.copy(counts)["a"] == 2
    with pytest.raises(TypeError, match=r"\[1\] is a position; values are taken by label, such as \['a'\]"):
        counts[1]
    with pytest.raises(KeyError, match="no label 'A'; did you mean a"):
        counts["A"]
    with pytest.raises(KeyError, match="no label 'other' in a, b"):
        counts["other"]


def test_bins_of_a_histogram_are_labels() -> None:
    tree = books().tree(**values(sizes=[1, 0, 6]))
    assert tree["system.x.sizes"]["2-3"] == 6  # type: ignore[index]


def test_one_statistic_is_read_of_its_object_alone_and_checked() -> None:
    one, other = books(), Books(drops=counter("drops", unit="drop"))
    reads = []

    def drops() -> dict[str, int]:
        reads.append(1)
        return {"drops": 1}

    elsewhere = Source.of(other, "system.y", other.source.stats, {}, drops)
    one.values = zeros = {"hits": 0, "misses": 0, "lookups": 0, "kinds": [0, 0], "sizes": [0], "least": 0, "litres": 0}
    tree = StatsTree([one.source, elsewhere], lambda: (0, 0), "run")
    before = len(reads)
    one.values = zeros | {"hits": 3, "lookups": 3}
    assert tree.count("system.x.hits") == 3 and tree["system.x.rate"] == 1 and len(reads) == before
    one.values = zeros | {"hits": 3, "lookups": 4}
    with pytest.raises(StatsError, match="hits \\+ misses = lookups"):
        tree.count("system.x.hits")
    assert tree.count("system.y.drops") == 1 and len(reads) == before + 1
