# SPDX-License-Identifier: BSD-3-Clause
"""The colours of every picture, and what each of them means: the same in a curve, a stack, a machine and a page.

Ten colours that people with each of the common colour deficiencies tell apart as well as others do, by lightness as
much as by hue (`tests/unit/draw/test_palette.py` measures it). Where more things than colours stand in one picture,
the rarer ones are hatched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

BLUE, SKY, NAVY = "#2f6db5", "#86bdec", "#2a2583"
RUST, AMBER, WINE, ROSE = "#cc4a14", "#f0a030", "#6e0a2a", "#e8a7a0"
GREEN = "#007a5e"
GREY, LIGHT = "#8f9299", "#d5d8dd"
COLOURS = (BLUE, RUST, GREEN, AMBER, WINE, SKY, NAVY, ROSE)
"""In the order in which things without a colour of their own get one; no greys, which mean what is beside the point."""

INK, SOFT, RULE, PAPER = "#1f2933", "#5d6b7d", "#d9d9de", "#ffffff"
"""Of text, of lesser text, of grid lines, of the ground."""

SLANTED, CROSSED, DOTTED = "////", "xxxx", "...."
"""Hatches, as matplotlib writes them."""


@dataclass(frozen=True)
class Look:
    """How the area or line of one thing is drawn.

    Attributes:
        colour: `#rrggbb`.
        hatch: in matplotlib's letters; without any an area is plain, and a line whole.
    """

    colour: str
    hatch: str = ""


NEUTRAL = Look(GREY)

TIMES: Mapping[str, Look] = {
    "guest_user": Look(LIGHT),
    "guest_kernel": Look(GREY),
    "dtlb_r": Look(RUST),
    "itlb_r": Look(AMBER),
    "dtlb_v": Look(BLUE),
    "itlb_v": Look(SKY),
    "inst_emu": Look(GREEN),
    "mmio": Look(ROSE),
    "sysc": Look(NAVY),
    "dec": Look(WINE),
    "sig": Look(SKY, SLANTED),
    "dcr": Look(GREEN, SLANTED),
    "isi": Look(AMBER, SLANTED),
    "dsi": Look(RUST, SLANTED),
    "ext_intr": Look(NAVY, SLANTED),
    "halt_wakeup": Look(GREY, SLANTED),
    "fp_unavailable": Look(WINE, SLANTED),
    "user_program": Look(ROSE, SLANTED),
    "machine_check": Look(BLUE, DOTTED),
    "debug": Look(AMBER, DOTTED),
    "emulation_failure": Look(WINE, DOTTED),
    "exits": Look(GREEN, CROSSED),
    "tick": Look(AMBER, CROSSED),
    "vmm": Look(NAVY, CROSSED),
    "switch": Look(ROSE, CROSSED),
    "tasks": Look(BLUE, CROSSED),
    "idle": Look(LIGHT, CROSSED),
}
"""Where time goes, from the guest's own up: KVM's exit kinds, and the core's kinds of cycles. Warm: misses that the
guest services; blue: those that it never sees; green: emulation."""

CAUSES: Mapping[str, Look] = {
    "first_touch": Look(LIGHT),
    "page_cut": Look(GREY),
    "own_map": Look(BLUE),
    "host_miss": Look(RUST),
    "put_sweep": Look(AMBER),
    "host_flush": Look(WINE, SLANTED),
    "pid_change": Look(GREEN),
    "guest_tlbwe": Look(WINE),
    "privilege": Look(SKY),
    "lost_slot": Look(NAVY),
    "duplicate": Look(ROSE),
}
"""Why a virt miss happened. Blue: the guest took the slot itself; warm: the host did."""

SCHEMES: Mapping[str, Look] = {
    "native": Look(GREY),
    "e0": Look(WINE),
    "e1": Look(ROSE),
    "e2": Look(NAVY),
    "e3": Look(SKY),
    "e3b": Look(BLUE),
    "e4": Look(RUST),
    "e5": Look(AMBER),
    "e6": Look(GREEN),
    "flush_once": Look(AMBER, SLANTED),
    "tagged": Look(GREEN, SLANTED),
    "large_pages": Look(BLUE, SLANTED),
    "spare_host": Look(WINE, SLANTED),
    "wide_guest": Look(NAVY, SLANTED),
    "magic_page": Look(ROSE, SLANTED),
}
"""What KVM had is plain, what it never had is hatched."""

STAGES: Mapping[str, Look] = {
    "the real miss itself": Look(RUST),
    "exits of its handler": Look(GREEN),
    "virt misses later": Look(BLUE),
}
"""What follows from one miss that the guest services, by the colour of what these exits are."""

KINDS: Mapping[str, str] = {
    "processor": BLUE,
    "TLB": GREEN,
    "board": ROSE,
    "costs": GREY,
    "workload": SKY,
    "guest": AMBER,
    "host": NAVY,
    "scheme": RUST,
}
"""The border of an object by its kind."""

_MEANINGS: tuple[Mapping[str, Look], ...] = (TIMES, CAUSES, SCHEMES, STAGES)


def looks(names: Iterable[str]) -> dict[str, Look]:
    """How each of these is drawn, all in one picture: as its name means, when all names are of one family.

    What means nothing to us gets a colour by its place; after the last colour they begin again, hatched.
    """
    wanted = list(dict.fromkeys(names))
    for family in _MEANINGS:
        known = [name for name in wanted if name in family]
        if known and len(known) * 2 >= len(wanted):
            rest = _in_order([name for name in wanted if name not in family], {family[name] for name in known})
            return {name: family.get(name) or rest[name] for name in wanted}
    return _in_order(wanted, set())


def _in_order(names: list[str], taken: set[Look]) -> dict[str, Look]:
    hatches = ("", SLANTED, CROSSED, DOTTED)
    free = [look for hatch in hatches for colour in COLOURS if (look := Look(colour, hatch)) not in taken]
    return {name: free[place % len(free)] for place, name in enumerate(names)}


def in_family_order(names: Iterable[str]) -> list[str]:
    """The names in the order of their family, where stacks put what belongs together side by side; others behind."""
    wanted = list(dict.fromkeys(names))
    place = {name: number for family in _MEANINGS for number, name in enumerate(family)}
    return sorted(wanted, key=lambda name: (place.get(name, len(place)), wanted.index(name)))


def tint(colour: str, share: float) -> str:
    """A colour with white in it: `share` of it is left.

    Args:
        colour: `#rrggbb`.
        share: from 0 (white) to 1 (the colour itself).
    """
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in parts)


Colour = tuple[str, str]
"""Of the title and of the border of an object."""


def colour_of(kind: str) -> Colour:
    """The colour of a kind of object. Kinds that are not ours get a hue that follows from the name alone.

    Returns:
        Of the title, lighter, and of the border: `#rrggbb`, or `hsl(...)` for a kind that is not ours.
    """
    if kind in KINDS or not kind:
        border = KINDS.get(kind, SOFT)
        return tint(border, 0.2), border
    hue = crc32(kind.encode()) % 360
    return f"hsl({hue}, 60%, 91%)", f"hsl({hue}, 40%, 45%)"
