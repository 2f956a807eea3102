# SPDX-License-Identifier: BSD-3-Clause
"""Parameters: types, defaults, inheritance and units."""

from __future__ import annotations

import enum
from typing import Any, Literal

import pytest

from simobjects.framework import (
    AddressRange,
    ConfigError,
    Frequency,
    Ratio,
    SimObject,
    System,
    config_json,
    param,
    validate,
)

from .fakes import BigTank, Pump, Tank, machine


class Mode(enum.Enum):
    SLOW = "slow"
    FAST = "fast"


class Typed(SimObject):
    """One parameter of each type."""

    flag: bool = param(False, "a switch")
    factor: float = param(1.5, "a number")
    maybe: int | None = param(None, "a number or none")
    mode: Mode = param(Mode.SLOW, "a choice")
    level: Literal[1, 2] = param(1, "a choice of numbers")
    names: tuple[str, ...] = param((), "texts")


def test_quantities_become_exact_whole_numbers() -> None:
    tank = Tank(volume_limit="1.5KiB", rate="2.5kHz")
    assert (tank.volume_limit, tank.rate) == (1536, 2500)
    assert Pump(delay="4us").delay == 4_000_000
    assert Pump(where="0xEF600000+4KiB").where == AddressRange(0xEF600000, 4096)
    assert Pump(gain=2).gain == Ratio(2000)


def test_a_default_is_parsed_like_a_value() -> None:
    assert Tank().rate == 400_000_000


def test_a_wrong_value_leaves_the_default() -> None:
    tank = Tank(size=5000)
    assert tank.size == 64


def test_enumerations_take_their_values_and_members() -> None:
    assert Typed(mode="fast").mode is Mode.FAST
    assert Typed(mode=Mode.FAST).mode is Mode.FAST


def test_an_optional_number_takes_none_and_no_text() -> None:
    system = System()
    system.typed = Typed(maybe=3)
    system.typed.maybe = None
    assert system.typed.maybe is None
    system.typed.maybe = "3"
    with pytest.raises(ConfigError, match="an integer or None"):
        validate(system)


def test_a_number_takes_whole_numbers_but_not_infinity() -> None:
    assert Typed(factor=2).factor == 2
    assert Typed(factor=float("inf")).factor == 1.5


def test_a_subclass_overrides_a_default_without_repeating_the_type() -> None:
    assert BigTank().size == 256
    assert Tank().size == 64
    info = BigTank.model_fields["size"]
    assert info.description == "drops that it holds"
    assert BigTank(size=5000).size == 256


def test_a_subclass_overrides_bounds_and_keeps_the_type() -> None:
    class Fast(Tank):
        rate = param("1GHz", ge=500_000_000)

    assert Fast().rate == 10**9
    assert Fast(rate="400MHz").rate == 10**9
    assert Fast(rate="600MHz").rate == 600_000_000
    assert Fast.model_fields["rate"].description == "a rate"


def test_a_subclass_of_system_overrides_its_defaults() -> None:
    class Board(System):
        memory = "512MiB"  # type: ignore[assignment]  # as a script writes it; the metaclass makes a size of it

    assert int(Board().memory) == 512 << 20
    assert Board().path == "system"


def test_a_wrong_default_is_the_fault_of_the_class() -> None:
    class Wrong(Tank):
        size = 0

    with pytest.raises(TypeError, match=r"Wrong.size: the default 0 is not an integer from 1 to 4096"):
        Wrong()


def test_values_follow_each_other() -> None:
    system = machine(size=32)
    system.tank.size = system.tank.size * 2
    assert system.tank.size == 64


def test_a_quantity_without_other_bounds() -> None:
    class Clocked(SimObject):
        clock: Frequency = param("1MHz", "a clock")

    assert Clocked(clock=0).clock == 1_000_000


def test_the_representation_shows_parameters_and_no_address_in_memory() -> None:
    assert repr(Typed()) == "Typed(flag=False, factor=1.5, maybe=None, mode=<Mode.SLOW: 'slow'>, level=1, names=())"


def test_reading_an_unknown_name_says_what_is_near() -> None:
    with pytest.raises(AttributeError, match=r"Tank \(.*\) has no parameter, child or port 'sise'; did you mean: size"):
        _ = Tank().sise  # type: ignore[attr-defined]


def test_reading_a_required_parameter_that_has_no_value() -> None:
    class Strict(SimObject):
        size: int = param(..., "a size")

    with pytest.raises(AttributeError, match="has no value yet"):
        _ = Strict().size
    assert Strict(size=3).size == 3


@pytest.mark.parametrize("name", ["path", "check", "wire", "elaborate"])
def test_a_parameter_may_not_hide_a_method(name: str) -> None:
    with pytest.raises(TypeError, match="is a method of every SimObject"):
        type("Bad", (SimObject,), {"__annotations__": {name: int}, name: param(1, ""), "__module__": __name__})


def test_a_declared_child_cannot_be_replaced_by_a_value() -> None:
    with pytest.raises(TypeError, match="use child"):
        type("Bad", (Pump,), {"valve": None, "__module__": __name__})


def test_objects_are_equal_only_to_themselves_and_can_be_keys() -> None:
    one, other = Tank(), Tank()
    assert one != other
    assert len({one: 1, other: 2}) == 2


def test_private_state_of_a_subclass() -> None:
    from pydantic import PrivateAttr

    class Memo(SimObject):
        _seen: int = PrivateAttr(default=3)

    memo = Memo()
    memo._seen += 1
    assert memo._seen == 4


def test_a_class_is_not_built_whole_to_check_its_fields() -> None:
    class Gauge(Tank):
        level: int = param(3, "of the tank", ge=0)

    made = System(gauge=Gauge(level=4))
    validate(made)
    assert "level" in config_json(made)
    model: Any = Gauge
    assert not model.__pydantic_complete__, "pydantic has built a validator that nobody asks"
    assert model.model_validate({"level": 5}).level == 5, "who asks gets one"


class Plain(SimObject):
    """Declared as a plain pydantic model is, one field by a class that does not exist yet."""

    amount: int
    where: Place
    often: int = 3


class Place(enum.Enum):
    HERE = "here"


def test_fields_without_param_are_parameters() -> None:
    made = Plain(amount=2, where="here")
    assert (made.amount, made.where, made.often) == (2, Place.HERE, 3)
    with pytest.raises(ConfigError) as caught:
        validate(System(plain=Plain(often="x")))
    found = {(problem.subject, problem.expected) for problem in caught.value.problems}
    assert ("system.plain.amount", "a value: this parameter has no default") in found
    assert ("system.plain.where", "a value: this parameter has no default") in found
    assert ("system.plain.often", "an integer") in found


def test_a_subclass_may_give_a_required_parameter_a_default() -> None:
    class Given(Plain):
        amount = 7

    assert Given().amount == 7 and not hasattr(Plain(), "amount")
