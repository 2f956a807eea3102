# SPDX-License-Identifier: BSD-3-Clause
"""Which pages should the host have, for guests with which pages?

    simobjects trace suite -o debian
    simobjects guest build
    python configs/studies/questions/host_pages.py --suite traces --suite debian/suite.json --linux guest

Pages of 4, 16 and 64 KiB of the host's kernel, under the parent, the commit and E6; guests with pages of 4 and 64 KiB
where the guest is an imitation, and of 4 KiB where it is a Linux that was compiled so.
"""

from __future__ import annotations

from collections.abc import Mapping

from answers import Found, curves, span  # these are beside this script
from guests import Workloads, is_linux
from question import Question, main

from simobjects.base.text import markdown
from simobjects.study import grid
from simobjects.study.known import Known
from simobjects.study.space import Space

SCHEMES = ("e3b", "e4", "e6")
SIZES = ("4KiB", "16KiB", "64KiB")
SMALL, LARGE = "4KiB", "64KiB"


def space(chosen: Workloads) -> Space:
    """All combinations; a Linux has pages of 4 KiB."""
    guests: dict[str, dict[str, str]] = {SMALL: {}, LARGE: {"system.guest.page_size": LARGE}}
    every = grid({"workload": chosen, "scheme": SCHEMES, "system.host.page_size": SIZES, "guest_page": guests})
    return every.where(lambda at: at["guest_page"] == SMALL or not is_linux(at))


def rows_of(found: Found) -> list[tuple[str, str]]:
    """Workloads with the pages that their guests have."""
    seen = dict.fromkeys((point.values["workload"], point.values["guest_page"]) for point in found.points)
    return list(seen)


def times(found: Found, workload: str, guest: str, scheme: str) -> dict[str, float]:
    """Cycles of the vcpu by the host's pages."""
    return {
        size: found.at(
            **{"workload": workload, "scheme": scheme, "system.host.page_size": size, "guest_page": guest}
        ).time
        for size in found.axis("system.host.page_size")
    }


def faster(found: Found) -> str:
    """How many times faster than on a host with pages of 4 KiB."""
    rows = []
    for name, guest in rows_of(found):
        cells = []
        for scheme in SCHEMES:
            each = times(found, name, guest, scheme)
            cells += [f"{each[SMALL] / time:.2f}" for size, time in each.items() if size != SMALL]
        rows.append((name, guest, *cells))
    heads = [f"{scheme}: {size}" for scheme in SCHEMES for size in found.axis("system.host.page_size") if size != SMALL]
    return markdown(("workload", "guest's pages", *heads), rows, left=(0, 1))


def gains(found: Found) -> str:
    """How many times faster the commit is than its parent."""
    rows = []
    for name, guest in rows_of(found):
        old, new = (times(found, name, guest, scheme) for scheme in ("e3b", "e4"))
        rows.append((name, guest, *(f"{old[size] / new[size]:.2f}" for size in old)))
    return markdown(("workload", "guest's pages", *found.axis("system.host.page_size")), rows, left=(0, 1))


def misses(found: Found) -> str:
    """Virt misses under the commit, of a thousand instructions."""
    rows = []
    for name, guest in rows_of(found):
        cells = []
        for size in found.axis("system.host.page_size"):
            point = found.at(**{"workload": name, "scheme": "e4", "system.host.page_size": size, "guest_page": guest})
            cells.append(f"{point.rate(point.virt):.2f}")
        rows.append((name, guest, *cells))
    return markdown(("workload", "guest's pages", *found.axis("system.host.page_size")), rows, left=(0, 1))


def tables(found: Found) -> Mapping[str, str]:
    """By mark."""
    return {"faster": faster(found), "gains": gains(found), "misses": misses(found)}


def figures(found: Found) -> Mapping[str, bytes]:
    """By file name."""
    sizes, names = found.axis("system.host.page_size"), found.axis("workload")
    points = []
    for name in names:
        each = times(found, name, SMALL, "e4")
        points += [((size, name), each[SMALL] / time) for size, time in each.items()]
    what = Known("", "times as fast as with 4 KiB")
    axes = [("page size of the host", sizes), ("workload", names)]
    title = "The commit by the host's pages, guests with pages of 4 KiB"
    return {"study-host-pages.svg": curves("host-pages", what, axes, points, title=title)}


def answer(found: Found) -> str:
    """In a sentence: what large pages of the host give to which guests."""
    largest = found.axis("system.host.page_size")[-1]
    parts = []
    for guest in found.axis("guest_page"):
        each = [times(found, name, pages, "e4") for name, pages in rows_of(found) if pages == guest]
        parts.append(f"{span(one[SMALL] / one[largest] for one in each)} times as fast for guests with {guest}")
    return f"Under the commit a host with pages of {largest} instead of {SMALL} is {' and '.join(parts)}."


QUESTION = Question(
    name="host-pages",
    asks="Which pages should the host have, for guests with which pages?",
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
