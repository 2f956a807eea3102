# SPDX-License-Identifier: BSD-3-Clause
"""The progress of a run, on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest

from simobjects.base.text import clock, short
from simobjects.cli._progress import ProgressLine, describe, share
from simobjects.cli.arguments.shared import count
from simobjects.framework import Progress
from simobjects.study.execute import Limits


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def progress(seconds: float, references: int = 1_000_000, total: int | None = 4_000_000) -> Progress:
    return Progress(references, 5 * references, seconds, total, references // 2)


def test_rate_and_remaining_time() -> None:
    text = describe(progress(2.0), Limits())
    assert text == " 25 %  1M references  500k look-ups/s  250k instructions/s  0:06 left"


def test_what_is_unknown_is_left_out() -> None:
    text = describe(Progress(100, 500, 0.0, None, 0), Limits())
    assert text == "100 references"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [(Limits(), 0.25), (Limits(references=2_000_000), 0.5), (Limits(cycles=5_000_000), 1.0), (Limits(1, 1), 1.0)],
)
def test_the_nearest_end_counts(limits: Limits, expected: float) -> None:
    assert share(progress(1.0), limits) == expected
    assert share(progress(1.0, total=None), Limits()) is None


def test_one_line_that_rewrites_itself_on_a_terminal() -> None:
    stream = Terminal()
    line = ProgressLine(stream, Limits())
    for tenth in range(100):
        line(progress(tenth / 100))
    line.clear()
    text = stream.getvalue()
    assert "\n" not in text
    assert 8 <= text.count("look-ups/s") <= 11
    assert text.endswith("\r")


def test_plain_lines_now_and_then_elsewhere() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream, Limits())
    for second in range(600):
        line(progress(float(second)))
    line.clear()
    assert "\r" not in stream.getvalue()
    assert 10 <= stream.getvalue().count("\n") <= 15


def test_plain_lines_on_a_terminal_on_request() -> None:
    stream = Terminal()
    ProgressLine(stream, Limits(), plain=True)(progress(6.0))
    assert stream.getvalue().endswith("left\n")


def test_numbers_as_people_read_them() -> None:
    assert [short(value) for value in (0, 950, 12_345, 4_560_000, 999_900, 2.5e9)] == [
        "0", "950", "12.3k", "4.56M", "1000k", "2.5G",
    ]  # fmt: skip
    assert [clock(value) for value in (0, 61, 3725)] == ["0:00", "1:01", "1:02:05"]
    assert [count(text) for text in ("5", "5_000", "5k", "2M", "1G")] == [5, 5000, 5000, 2_000_000, 1_000_000_000]
