# SPDX-License-Identifier: BSD-3-Clause
"""How large should KVM44x_GUEST_TLB_SIZE be, on hardware of how many entries?

    simobjects trace suite -o debian
    python configs/studies/questions/sizes.py --suite traces --suite debian/suite.json

The guest's TLB has 16 to 1,024 entries, the hardware's 64 to 1,024, under the parent and the commit. A Linux that is
compiled has the 64 of the 440 in its code, so the guests here are imitations that use what they are given.
"""

from __future__ import annotations

from collections.abc import Mapping

from answers import Found, curves  # these are beside this script
from guests import Workloads, streams
from question import Question, main

from simobjects.base.text import markdown
from simobjects.study import grid
from simobjects.study.known import Known
from simobjects.study.space import Space

GUESTS = ("16", "32", "64", "128", "256", "512", "1024")
HARDWARE = ("64", "128", "256", "512", "1024")
USUAL = "64"
ENOUGH = 1.05
"""A size whose time is within 5 % of the best is large enough."""


def space(chosen: Workloads) -> Space:
    """Every size of the one with every size of the other."""
    axes = {"workload": streams(chosen), "scheme": ["e3b", "e4"], "entries": HARDWARE, "guest_entries": GUESTS}
    return grid(axes)


def times(found: Found, workload: str, scheme: str, entries: str) -> dict[str, float]:
    """Cycles of the vcpu by the size of the guest's TLB."""
    return {
        guest: found.at(workload=workload, scheme=scheme, entries=entries, guest_entries=guest).time
        for guest in found.axis("guest_entries")
    }


def best(sizes: Mapping[str, float]) -> str:
    """The size with the least time."""
    return min(sizes, key=sizes.__getitem__)


def enough(sizes: Mapping[str, float]) -> str:
    """The least size that is nearly as good as the best."""
    least = min(sizes.values())
    return next(size for size, time in sizes.items() if time <= ENOUGH * least)


def ratio(found: Found, workload: str, entries: str, guest: str) -> float:
    """Time of the parent / time of the commit."""
    at = {"workload": workload, "entries": entries, "guest_entries": guest}
    return float(found.at(scheme="e3b", **at).time / found.at(scheme="e4", **at).time)


def chosen_sizes(found: Found) -> str:
    """For each workload and hardware: the size that is enough, the best, what it saves beside 64."""
    rows = []
    for name in found.axis("workload"):
        for entries in found.axis("entries"):
            cells = []
            for scheme in found.axis("scheme"):
                sizes = times(found, name, scheme, entries)
                saved = 100 * (1 - sizes[best(sizes)] / sizes[USUAL])
                cells += [enough(sizes), best(sizes), f"{saved:.1f} %"]
            rows.append((name, entries, *cells))
    heads = [f"{scheme}: {what}" for scheme in found.axis("scheme") for what in ("enough", "best", "saves")]
    return markdown(("workload", "hardware", *heads), rows)


def by_guest(found: Found) -> str:
    """Under the commit, on 64 entries: what each size of the guest's TLB costs."""
    rows = []
    for name in found.axis("workload"):
        sizes = times(found, name, "e4", USUAL)
        rows.append((name, *(f"{time / sizes[USUAL]:.2f}" for time in sizes.values())))
    return markdown(("workload", *found.axis("guest_entries")), rows)


def misses(found: Found) -> str:
    """Real and virt misses under the commit, of an instruction thousandth."""
    rows = []
    for name in found.axis("workload"):
        points = [
            found.at(workload=name, scheme="e4", entries=USUAL, guest_entries=guest)
            for guest in found.axis("guest_entries")
        ]
        rows.append((name, "real", *(f"{point.rate(point.real):.2f}" for point in points)))
        rows.append((name, "virt", *(f"{point.rate(point.virt):.2f}" for point in points)))
    return markdown(("workload", "misses", *found.axis("guest_entries")), rows, left=(0, 1))


def gains(found: Found) -> str:
    """How many times faster the commit is: both TLBs alike, and only one of them larger."""
    both = [size for size in found.axis("entries") if size in found.axis("guest_entries")]
    cases = {
        **{f"both {size}": (size, size) for size in both},
        **{f"hardware {size}": (size, USUAL) for size in both[1:]},
        **{f"guest {size}": (USUAL, size) for size in both[1:]},
    }
    rows = [
        (name, *(f"{ratio(found, name, *sizes):.2f}" for sizes in cases.values())) for name in found.axis("workload")
    ]
    return markdown(("workload", *cases), rows)


def tables(found: Found) -> Mapping[str, str]:
    """By mark."""
    return {
        "chosen": chosen_sizes(found), "guest": by_guest(found), "misses": misses(found), "gains": gains(found)
    }  # fmt: skip


def figures(found: Found) -> Mapping[str, bytes]:
    """By file name."""
    name = found.axis("workload")[0]
    guests, hardware, every = (found.axis(axis) for axis in ("guest_entries", "entries", "workload"))
    larger = [guest for guest in guests if int(guest) >= int(USUAL)]
    lines = []
    for each in every:
        sizes = times(found, each, "e4", USUAL)
        lines += [((guest, each), sizes[guest] / sizes[USUAL]) for guest in larger]
    gained = [((guest, entries), ratio(found, name, entries, guest)) for entries in hardware for guest in guests]
    made = {}
    if len(larger) > 1:
        what = Known("", "time relative to that with 64 entries")
        axes = [("entries of the guest's TLB", larger), ("workload", every)]
        title = "The commit on the 440's 64 entries, by the size of the guest's TLB"
        made["study-sizes-guest.svg"] = curves("sizes", what, axes, lines, title=title)
    if len(guests) > 1 and len(hardware) > 1:
        what = Known("", "time of the parent / time of the commit")
        both = [("entries of the guest's TLB", guests), ("entries of the hardware's TLB", hardware)]
        title = f"How many times faster the commit is on {name}"
        made["study-sizes-gain.svg"] = curves("sizes", what, both, gained, heat=True, title=title)
    return made


def answer(found: Found) -> str:
    """In a sentence: which size is enough on 64 entries, what it saves, and how often the commit wins."""
    names = found.axis("workload")
    sizes = {name: times(found, name, "e4", USUAL) for name in names}
    wanted = sorted({int(enough(each)) for each in sizes.values()})
    saved = [100 * (1 - each[enough(each)] / each[USUAL]) for each in sizes.values()]
    ratios = [
        ratio(found, name, entries, guest)
        for name in names
        for entries in found.axis("entries")
        for guest in found.axis("guest_entries")
    ]
    ahead = sum(each > 1 for each in ratios)
    span = f"{wanted[0]}" if len(wanted) == 1 else f"{wanted[0]} to {wanted[-1]}"
    return (
        f"Under the commit and on the 440's 64 entries {span} entries for the guest are enough, and save "
        f"{min(saved):.0f} to {max(saved):.0f} % of the time that 64 take. The commit is faster than its parent at "
        f"{ahead} of {len(ratios)} combinations of workload and sizes: {min(ratios):.2f} to {max(ratios):.2f} times."
    )


QUESTION = Question(
    name="sizes",
    asks="How large should KVM44x_GUEST_TLB_SIZE be, on hardware of how many entries?",
    space=space,
    keep=(
        "core.vcpu_time",
        "core.instructions",
        "host.exits_by_kind",
    ),
    tables=tables,
    figures=figures,
    answer=answer,
)

if __name__ == "__main__":
    raise SystemExit(main(QUESTION))
