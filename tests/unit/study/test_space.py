# SPDX-License-Identifier: BSD-3-Clause
"""The texts that describe a grid."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simobjects.base.ranges import SpecError
from simobjects.study.config_script import load
from simobjects.study.space import parse_assignments, parse_axis, parse_space

RANGES = [
    ("16..256:x2", "16 32 64 128 256"),
    ("16..300:x2", "16 32 64 128 256"),
    ("0..100:+25", "0 25 50 75 100"),
    ("0..1:+0.25", "0 0.25 0.5 0.75 1"),
    ("4..1:-1", "4 3 2 1"),
    ("16KiB..256KiB:x4", "16KiB 64KiB 256KiB"),
    ("e3b,e4", "e3b e4"),
    ("64", "64"),
    ("2..8:x2, 100", "2 4 8 100"),
    ("0x0..0x1000000", "0x0..0x1000000"),
]


@pytest.mark.parametrize(("spec", "values"), RANGES)
def test_spec(spec: str, values: str) -> None:
    assert list(parse_axis(f"system.x.y={spec}").values) == values.replace(",", " ").split()


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("# ", ["# "]),
        (" # ,$ ", [" # ", "$ "]),
        ("e3b, e4", ["e3b", "e4"]),
        ("login: ,'$ '", ["login: ", "'$ '"]),
        ("4..1:-1 ,7 ", ["4", "3", "2", "1", "7 "]),
    ],
)
def test_text_keeps_its_blanks_but_those_after_a_comma(spec: str, values: list[str]) -> None:
    assert list(parse_axis(f"system.x.y={spec}").values) == values


BAD = [
    ("system.x", "expected path=value"),
    ("=3", "is no path"),
    ("system..x=3", "is no path"),
    ("system.x=", "an empty value"),
    ("system.x=1,,2", "an empty value"),
    ("system.x=1,1", "the value 1 is there twice"),
    ("system.x=16..256", "has no step; write 16..256:x2 or 16..256:+1"),
    ("system.x=16..256:2", "is no step"),
    ("system.x=16..256:x", "is no step"),
    ("system.x=16..256:+1/2", "is no step"),
    ("system.x=16..256:+0", "has to be more than 0"),
    ("system.x=16..256:x1", "a factor above 1"),
    ("system.x=0..256:x2", "a first value above 0"),
    ("system.x=256..16:x2", "swap the ends"),
    ("system.x=16..256:-2", "swap the ends"),
    ("system.x=16KiB..1MiB:x2", "different units"),
    ("system.x=a..b:x2", "is no end of a range"),
    ("system.x=0..10000000:+1", "more than 1000000 values"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad_spec_names_the_text_and_the_fix(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_axis(text)
    assert message in str(error.value)
    assert f"--over {text}" in str(error.value)


def test_grid_is_the_product_with_the_last_axis_fastest() -> None:
    space = parse_space(["system.a=1,2", "system.b=x,y"])
    assert [point.label for point in space] == [
        "system.a=1 system.b=x",
        "system.a=1 system.b=y",
        "system.a=2 system.b=x",
        "system.a=2 system.b=y",
    ]
    assert [point.index for point in space] == [0, 1, 2, 3]
    assert len(space) == 4


def test_no_axis_is_one_point() -> None:
    assert [point.values for point in parse_space([])] == [{}]


def test_a_path_is_swept_once_and_not_also_set() -> None:
    with pytest.raises(SpecError, match=r"system\.a is swept twice"):
        parse_space(["system.a=1", "system.a=2"])
    with pytest.raises(SpecError, match=r"system\.a is both set and swept"):
        parse_space(["system.a=1"], ["system.a"])
    with pytest.raises(SpecError, match="at most 1000000"):
        parse_space(["system.a=1..10000:+1", "system.b=1..10000:+1"])


def test_assignments() -> None:
    assert parse_assignments(["a.b=1", "a.c=x=y"]) == {"a.b": "1", "a.c": "x=y"}
    assert parse_assignments(["a.b=# ", " a.c = '"]) == {"a.b": "# ", "a.c": " '"}
    with pytest.raises(SpecError, match="already set to 1"):
        parse_assignments(["a.b=1", "a.b=2"])


def test_a_prompt_reaches_the_machine_with_its_blank() -> None:
    config = Path(__file__).parents[3] / "configs/examples/bare_metal.py"
    system = load(config, parse_assignments(["system.board.uart0.input_after=# ", "system.board.uart0.input= ls '"]))
    assert (system.board.uart0.input_after, system.board.uart0.input) == ("# ", " ls '")


@given(st.integers(-1000, 1000), st.integers(0, 2000), st.integers(1, 100))
def test_arithmetic_range_is_python_s_range(first: int, length: int, step: int) -> None:
    axis = parse_axis(f"system.a={first}..{first + length}:+{step}")
    assert [int(value) for value in axis.values] == list(range(first, first + length + 1, step))


@given(st.integers(1, 1000), st.integers(1, 100000), st.integers(2, 9))
def test_geometric_range_multiplies_and_stays_inside(first: int, last: int, factor: int) -> None:
    last = max(first, last)
    values = [int(value) for value in parse_axis(f"system.a={first}..{last}:x{factor}").values]
    assert values[0] == first
    assert all(b == a * factor for a, b in zip(values, values[1:], strict=False))
    assert values[-1] <= last < values[-1] * factor


@given(st.text(max_size=30))
def test_any_text_gives_an_axis_or_a_spec_error(text: str) -> None:
    try:
        axis = parse_axis(f"system.a={text}")
    except SpecError as error:
        assert "--over" in str(error)
    else:
        assert axis.values
