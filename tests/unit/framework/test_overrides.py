# SPDX-License-Identifier: BSD-3-Clause
"""Values from the command line."""

from __future__ import annotations

import enum
import json
from typing import Any

import pytest

from simobjects.framework import (
    ConfigError,
    SimObject,
    Simulation,
    System,
    dump_config,
    load_config,
    overriding,
    param,
)

from .fakes import Pump, Tank, machine


def test_what_the_script_derives_follows() -> None:
    with overriding({"system.clock": "100MHz", "system.tank.size": "32"}):
        system = System(clock="400MHz")
        system.tank = Tank(size=64)
        system.other = Tank(size=system.tank.size * 2, rate=system.clock)
    assert (system.clock, system.tank.size, system.other.size) == (100_000_000, 32, 64)
    assert system.other.rate == 100_000_000


def test_a_later_assignment_does_not_undo_it() -> None:
    with overriding({"system.tank.size": "32"}):
        system = System()
        system.tank = Tank()
        system.tank.size = 64
    assert system.tank.size == 32


def test_it_reaches_objects_that_were_complete_before_they_were_attached() -> None:
    with overriding({"system.pump.valve.width": 3, "system.pump.spares[1].width": "5"}) as used:
        pump = Pump()
        from .fakes import Valve

        pump.spares = [Valve(), Valve()]
        assert pump.valve.width == 8
        system = System(pump=pump)
    assert system.pump.valve.width == 3
    assert [valve.width for valve in system.pump.spares] == [4, 5]
    used.check()


def test_it_ends_with_the_block() -> None:
    with overriding({"system.memory": "1MiB"}):
        assert System().memory == 1 << 20
    assert System().memory == 256 << 20


def test_it_applies_to_each_machine_of_the_script() -> None:
    with overriding({"system.tank.size": "8"}):
        assert [machine().tank.size for _ in range(2)] == [8, 8]


class Colour(enum.Enum):
    RED = "red"


class Typed(SimObject):
    """A parameter of each type."""

    number: int = param(1, "")
    flag: bool = param(False, "")
    factor: float = param(1.0, "")
    maybe: int | None = param(7, "")
    many: tuple[int, ...] = param((), "")
    text: str = param("", "")
    colour: Colour | None = param(None, "")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("number", "0x20", 32),
        ("number", " 12 ", 12),
        ("flag", "yes", True),
        ("flag", "off", False),
        ("factor", "2.5", 2.5),
        ("maybe", "none", None),
        ("maybe", "3", 3),
        ("many", "1,2,3", (1, 2, 3)),
        ("many", "[4]", (4,)),
        ("many", "5", (5,)),
        ("text", "12", "12"),
        ("colour", "red", Colour.RED),
        ("number", 9, 9),
    ],
)
def test_text_is_read_by_the_type_of_the_parameter(name: str, text: object, value: object) -> None:
    with overriding({f"system.typed.{name}": text}) as used:
        system = System(typed=Typed())
    assert getattr(system.typed, name) == value
    assert used.unused() == []


@pytest.mark.parametrize(("name", "text"), [("number", "many"), ("flag", "2"), ("maybe", "x"), ("many", "1,x")])
def test_text_that_does_not_fit_is_reported(name: str, text: str) -> None:
    from simobjects.framework import validate

    with overriding({f"system.typed.{name}": text}):
        system = System(typed=Typed())
    with pytest.raises(ConfigError, match="at: command line"):
        validate(system)


def test_a_path_that_never_came_to_be() -> None:
    with (
        pytest.raises(ConfigError, match=r"system\.tank\.sise = '8'(?s:.*)did you mean: system\.tank\.size"),
        overriding({"system.tank.sise": "8", "system.tank.size": "8"}) as used,
    ):
        machine()
    problems = used.unused()
    assert [(problem.subject, problem.near) for problem in problems] == [("system.tank.sise", "system.tank.size")]


def test_a_script_that_makes_nothing() -> None:
    with pytest.raises(ConfigError, match="the script made none"), overriding({"system.tank.size": "8"}):
        pass


def test_a_machine_that_was_there_before_does_not_hear_of_it() -> None:
    """A value is set when an object is attached: afterwards it would be ignored, so it is refused."""
    made = machine()
    with pytest.raises(ConfigError, match="the script made none"), overriding({"system.tank.size": "8"}):
        Simulation(made)
    assert made.tank.size == 64


def test_what_fails_within_is_told_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), overriding({"system.tank.sise": "8"}):
        _ = 1 // 0


TEXTS = ("# ", " x", "  ", "'# '", '"quoted"', "none", "True", "1, 2", "")


class Texts(SimObject):
    """Parameters that are text."""

    plain: str = param("", "")
    maybe: str | None = param(None, "")
    several: tuple[str, ...] = param((), "")


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_taken_as_given(text: str) -> None:
    values = {"system.texts.plain": text, "system.texts.maybe": text}
    with overriding(values):
        system = System(texts=Texts())
    assert (system.texts.plain, system.texts.maybe) == (text, text)
    script = System(texts=Texts(plain=text, maybe=text, several=(text, text)))
    again: Any = load_config(json.loads(json.dumps(dump_config(script))), types=[Texts])
    assert (again.texts.plain, again.texts.maybe, again.texts.several) == (text, text, (text, text))


def test_several_texts_keep_their_blanks() -> None:
    with overriding({"system.texts.several": "# , $ ,12"}):
        assert System(texts=Texts()).texts.several == ("# ", " $ ", "12")
    with overriding({"system.texts.several": '["a, b ", "c"]'}):
        assert System(texts=Texts()).texts.several == ("a, b ", "c")
