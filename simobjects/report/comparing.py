# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a report about comparisons: the answer in short, what each one hangs on, how the machines differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simobjects.study.sheet import digits_of

from .content import Content
from .groups import Compared, Group
from .markup import Html, joined, table, tag
from .verdicts import Estimated, Verdict

_MOST_INFLUENCES = 10
_SETTINGS = 40
_MOST_PAIRS = 200


def in_short(content: Content) -> Html:
    """What came out, in sentences that follow from the numbers alone.

    Args:
        content: of it the outcomes, the groups and the metric's words.

    Returns:
        Paragraphs: how many points ran to their end, then for each two values which has less, in how many
        configurations, by how much, and whether an estimated number overturns that.
    """
    done = sum(bool(result.run) and result.status == "done" for _, result in content.outcomes)
    total = len(content.outcomes)
    said: list[Html] = [tag("p", f"{done} of {total} points were run to their end.")]
    for group in content.groups:
        said += [tag("p", sentence) for sentence in _sentences(group, content.metric_text)]
    if not content.groups:
        said.append(
            tag("p", "No two values of one parameter are compared; ", tag("code", "--compare A,B"), " names two.")
        )
    return joined(said)


def _sentences(group: Group, metric: str) -> Iterable[str]:
    """What is said in short of two values: the answer, then what one estimated number does to it, and all together."""
    measured = [(each, each.ratio) for each in group.pairs if each.ratio is not None]
    if not measured:
        yield f"{group.label}: not both of any pair have finished."
        return
    between = group.pairs[0].comparison.between
    first, second = between.first, between.second
    ratios = sorted(ratio for _, ratio in measured if ratio is not None)
    yield _answer(first, second, ratios, metric)
    tested = [each for each in group.pairs if each.verdict is not None and not each.verdict.problem]
    if not tested:
        yield "Whether estimated costs would overturn that was not tested."
        return
    alone = [each for each in tested if each.verdict and not each.verdict.holds]
    together = [each for each in tested if each.verdict and not each.verdict.holds_together]
    if alone:
        names = dict.fromkeys(turn.path for each in alone if each.verdict for turn in each.verdict.turned_by)
        where = f"{len(alone)} of {len(tested)} comparisons that were" if tested[1:] else "the only comparison that was"
        yield (
            f"In {where} tested one estimated number alone, within its range, overturns the answer: {', '.join(names)}."
        )
    else:
        where = f"any of the {len(tested)} comparisons" if tested[1:] else "the only comparison"
        yield f"No estimated number alone overturns the answer in {where} tested."
    if together:
        yield f"All of them together, each at its worst end, overturn it in {len(together)} of {len(tested)}."
    else:
        yield (
            "Nor do all of them together, each at its worst end."
            if not alone
            else ("All of them together at their worst ends overturn none.")
        )
    against = [each for each in tested if _contradicts(each)]
    if against:
        yield (
            f"Careful: in {len(against)} of {len(tested)} the shorter runs of this test decide the other way than the "
            "study's own; test with more references."
        )


def _answer(first: str, second: str, ratios: Sequence[float], metric: str) -> str:
    """Which of two has less, where; `ratios` are those of the first over the second, in order."""
    count = len(ratios)
    less, more = sum(ratio > 1 for ratio in ratios), sum(ratio < 1 for ratio in ratios)
    if less == more == 0:
        return f"{first} and {second} have the same {metric} in {_of(count, count)}."
    if count in (less, more):
        better, worse = (second, first) if less else (first, second)
        low, high = (ratios[0], ratios[-1]) if less else (1 / ratios[-1], 1 / ratios[0])
        return f"{better} has the lower {metric} in {_of(count, count)}: {worse} has {_times(low, high)} as much."
    also = f", and both have the same in {count - less - more}" if less + more < count else ""
    won = f"{second} has the lower {metric} in {less} of {count}, {first} in {more}{also}"
    spread = f"{_ratio(ratios[0])} to {_ratio(ratios[-1])}"
    return f"It depends on the configuration: {won}; {first} / {second} is {spread}."


def compared_section(content: Content) -> Html:
    """A table for each two values, with what each line hangs on below it.

    Ratios are the first value's figure over the second's: above 1 the second is better. Swings are in per cent of the
    figure. Tables are cut after 200 configurations, 40 settings and 10 influences, and say how many are missing.
    """
    parts: list[Html] = [
        tag(
            "p",
            f"Compared is {content.metric_text or 'nothing'}; less is better. Counts are exact, but some costs are "
            "estimates with a range. Each was set to both ends of its range, all else unchanged: ",
            tag("em", "overturned by"),
            " names those that alone turn the answer, and from which value on; ",
            tag("em", "all at worst"),
            " is the figure with each at the end that is worst for the answer.",
        )
    ]
    for group in content.groups:
        parts.append(tag("h3", group.label))
        parts.append(_pairs(group))
        parts += [_detail(each) for each in group.pairs if each.verdict is not None]
        parts.append(tag("h4", f"How {group.label} differ"))
        parts.append(_settings(group))
        parts.append(_statistics(group))
    return joined(parts)


def _pairs(group: Group) -> Html:
    """The table of a group, 200 configurations at most, the rest by its count."""
    between = group.pairs[0].comparison.between
    heads = (
        "configuration", f"{between.first} / {between.second}", "overturned by", "all at worst", "most influence",
        between.first, between.second,
    )  # fmt: skip
    rows = []
    for each in group.pairs[:_MOST_PAIRS]:
        verdict = each.verdict
        judged = _judged(verdict, _contradicts(each))
        figures = [_number(each.first), _number(each.second)]
        rows.append([each.comparison.where or "the only one", _ratio(each.ratio), *judged, *figures])
    tested = sum(each.verdict is not None for each in group.pairs)
    said = []
    if 0 < tested < len(group.pairs):
        said.append(tag("p", f"Tested were the {tested} whose figures are nearest to each other."))
    if len(rows) < len(group.pairs):
        said.append(tag("p", f"and {len(group.pairs) - len(rows)} further configurations"))
    return joined([table(heads, rows, 1, f"Comparisons of {group.label}"), said])


def _judged(verdict: Verdict | None, against: bool) -> Sequence[Html | str]:
    """Cells: `overturned by`, `all at worst`, `most influence`. `against`: the test's runs decide the other way."""
    if verdict is None:
        return ("not tested", "", "")
    if verdict.problem:
        return (verdict.problem, "", "")
    turns = [_turn(each, verdict) for each in verdict.turned_by]
    overturned: Html | str = joined([", ".join(turns)]) if turns else "none alone"
    held = "holds" if verdict.holds_together else "turns"
    worst = "" if verdict.corner is None else f"{_ratio(verdict.corner)}, {held}"
    most = max(verdict.influences, key=lambda each: each.swing, default=None)
    influence = f"{_short(most.path)} ({100 * most.swing:.2g} %)" if most else "none"
    if against:
        overturned = joined([overturned, "; shorter runs decide the other way"])
    return (overturned, worst, influence)


def _turn(each: Estimated, verdict: Verdict) -> str:
    """A number and from which value on it turns the answer: `trap >= 312 (is 250)`."""
    sign = ">=" if float(each.turns) > float(each.value) else "<="
    return f"{_short(each.path)} {sign} {each.turns} (is {each.value})"


def _detail(each: Compared) -> Html:
    """What one comparison hangs on, folded up: the conclusion, and its ten largest influences."""
    verdict = each.verdict
    assert verdict is not None
    heads = ("estimated number", "value", "range", "figure at low end", "at high end", "swing", "turns at")
    rows = [
        (
            tag("code", one.path), one.value, f"{one.low} to {one.high}", _ratio(one.at_low), _ratio(one.at_high),
            _swing(one.swing, verdict), one.turns or "-",
        )
        for one in verdict.influences[:_MOST_INFLUENCES]
    ]  # fmt: skip
    ends = ", ".join(f"{value:,} {name}" for name, value in verdict.limits.as_json().items() if value)
    return tag(
        "details",
        tag("summary", f"What {each.comparison.label} hangs on"),
        tag("ul", *(tag("li", sentence) for sentence in verdict.sentences)),
        table(heads, rows, 1, f"Influences on {each.comparison.label}") if rows else None,
        tag("p", f"{verdict.runs} runs of at most {ends}." if not verdict.problem else verdict.problem),
    )


def _swing(swing: float, verdict: Verdict) -> Html:
    """The swing with a bar, the widest of the table at its full width."""
    widest = max(each.swing for each in verdict.influences)
    bar = tag("span", class_="bar", style=f"width:{4 * swing / widest:.2f}em", aria_hidden="true")
    return joined([f"{100 * swing:.2f} % ", bar])


def _settings(group: Group) -> Html:
    """In what the two machines differ, 40 settings at most."""
    if not group.settings:
        return tag("p", "Their settings are not in the folder.")
    rows = [(tag("code", name), first or "-", second or "-") for name, first, second in group.settings[:_SETTINGS]]
    between = group.pairs[0].comparison.between
    more = len(group.settings) - len(rows)
    return joined(
        [
            tag("p", "Their machines differ in these settings, and in no other:" if not more else "Their machines:"),
            table(("setting", between.first, between.second), rows, 3, f"Settings of {group.label}"),
            tag("p", f"and {more} further settings") if more else None,
        ]
    )


def _statistics(group: Group) -> Html:
    """The statistics that differ most, as ratios."""
    between = group.pairs[0].comparison.between
    if not group.differences:
        return tag("p", "No statistic of both differs.")
    heads = ("statistic", "what it counts", f"{between.second} / {between.first}", "least", "most")
    rows = [
        (tag("code", each.name), each.description, _ratio(each.middle), _ratio(each.low), _ratio(each.high))
        for each in group.differences
    ]
    return joined(
        [
            tag("p", "The statistics that differ most, as ratios: the middle one of all configurations, and the ends."),
            table(heads, rows, 2, f"Statistics of {group.label}"),
        ]
    )


def _contradicts(each: Compared) -> bool:
    """Whether the runs of the test decide otherwise than the study's own, which are longer."""
    verdict, ratio = each.verdict, each.ratio
    if verdict is None or verdict.problem or ratio is None:
        return False
    return (verdict.figure > 1) != (ratio > 1)


def _of(part: int, whole: int) -> str:
    if whole == 1:
        return "the only configuration"
    return f"all {whole} configurations" if part == whole else f"{part} of {whole} configurations"


def _times(low: float, high: float) -> str:
    """`1.2 to 3.4 times`, or `1.2 times` where both ends are the same."""
    return f"{_ratio(low)} times" if low == high else f"{_ratio(low)} to {_ratio(high)} times"


def _number(value: float | None) -> str:
    """A figure in six digits, a whole one without a point; nothing where there is none."""
    if value is None:
        return ""
    return digits_of(int(value) if value.is_integer() else value, 6)


def _ratio(value: float | None) -> str:
    """Four digits; nothing where there is none."""
    return "" if value is None else f"{value:.4g}"


def _short(path: str) -> str:
    return path.rpartition(".")[2]
