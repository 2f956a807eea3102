# SPDX-License-Identifier: BSD-3-Clause
"""The palette as people see it who lack the red or the green cones; and that every name of ours has its colour.

Simulated with the matrices of Machado, Oliveira and Fernandes (2009) for complete protanopia and deuteranopia, which
work on linear RGB; distances are Euclidean in CIELAB under D65. Below about 10 two areas are easily confused.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from simobjects.draw import palette
from simobjects.draw.palette import CAUSES, COLOURS, GREY, KINDS, LIGHT, SCHEMES, STAGES, TIMES, Look, looks
from simobjects.kvm.names import CAUSE_NAMES, EXIT_NAMES
from simobjects.kvm.schemes import historical, what_ifs
from simobjects.ppc440.core import CYCLE_KINDS

EYES = {
    "all three cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ @ np.ones(3)
LEAST = 16.0


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    parts = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(parts > (6 / 29) ** 3, np.cbrt(parts), parts / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: str, other: str) -> float:
    """As the eyes see it that see it smallest."""
    return min(float(np.linalg.norm(lab(eye @ linear(one)) - lab(eye @ linear(other)))) for eye in EYES.values())


def test_the_measure_knows_what_is_confusable() -> None:
    assert distance("#ffffff", "#000000") == pytest.approx(100, abs=0.1)
    red, green = "#d1495b", "#3a8f4d"
    assert np.linalg.norm(lab(linear(red)) - lab(linear(green))) > 80
    assert distance(red, green) < 5
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


def test_all_colours_are_told_apart_by_all_eyes() -> None:
    pairs = {(a, b): distance(a, b) for a, b in itertools.combinations((*COLOURS, GREY, LIGHT), 2)}
    assert min(pairs.values()) >= LEAST, min(pairs.items(), key=lambda pair: pair[1])


FAMILIES = {"times": TIMES, "causes": CAUSES, "schemes": SCHEMES, "stages": STAGES}


@pytest.mark.parametrize("family", FAMILIES)
def test_no_two_of_a_family_look_alike_and_neighbours_differ_in_colour(family: str) -> None:
    members: Mapping[str, Look] = FAMILIES[family]
    for (one, a), (other, b) in itertools.combinations(members.items(), 2):
        assert a.hatch != b.hatch or distance(a.colour, b.colour) >= LEAST, (one, other)
    for (one, a), (other, b) in itertools.pairwise(members.items()):
        assert distance(a.colour, b.colour) >= LEAST, (one, other)


def test_every_name_of_ours_has_its_colour() -> None:
    assert {*EXIT_NAMES, *CYCLE_KINDS} == set(TIMES)
    assert set(CAUSE_NAMES) == set(CAUSES)
    assert {"native", *historical(), *what_ifs()} == set(SCHEMES)


def test_kinds_of_objects_have_colours_of_their_own() -> None:
    assert len(set(KINDS.values())) == len(KINDS)
    assert palette.colour_of("processor") == ("#d5e2f0", palette.BLUE)
    assert palette.colour_of("")[1] == palette.SOFT
    assert palette.colour_of("antenna") == palette.colour_of("antenna") != palette.colour_of("cable")


def test_what_means_nothing_gets_colours_in_order_and_then_hatches() -> None:
    given = looks([f"n{number}" for number in range(12)])
    assert given["n0"] == Look(COLOURS[0])
    assert given["n8"] == Look(COLOURS[0], palette.SLANTED)
    assert len(set(given.values())) == 12


def test_a_stranger_in_a_family_gets_a_colour_that_is_free() -> None:
    given = looks(["e3b", "mine", "e4"])
    assert given["e3b"] == SCHEMES["e3b"]
    assert given["mine"] not in (SCHEMES["e3b"], SCHEMES["e4"])
    assert looks(["e4", "1", "2"])["e4"] == Look(COLOURS[0]), "one familiar name among strangers means nothing"


def test_stacks_put_what_belongs_together_side_by_side() -> None:
    assert palette.in_family_order(["mmio", "mine", "itlb_v", "dtlb_r", "dtlb_v"]) == [
        "dtlb_r", "dtlb_v", "itlb_v", "mmio", "mine",
    ]  # fmt: skip


def test_a_tint_is_the_colour_with_white() -> None:
    assert palette.tint("#000000", 0.2) == "#cccccc"
    assert palette.tint("#123456", 1) == "#123456"
