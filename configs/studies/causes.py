# SPDX-License-Identifier: BSD-3-Clause
"""Why the guest misses, and what one real miss of its leads to, scheme by scheme on the shipped trace.

The first table has the virt misses of every scheme by cause, the second and the figure what a real miss costs in
exits and virt misses. `--references N` shortens the runs, `--page docs/causes.md` writes that page's tables and, beside
it, the figure anew; `--schemes e4,tagged` chooses.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from simobjects import Simulation
from simobjects.base.text import markdown, replace_marked
from simobjects.boards import busy_host
from simobjects.kvm.causal import CausalView, causal_view
from simobjects.study.figures import Bar, Page, stacks

FIGURE = "causes.svg"
SCHEMES = ("e0", "e2", "e3b", "e4", "e6", "tagged", "large_pages", "spare_host")
system = busy_host("e4")  # what `simobjects run` takes


def finish(scheme: str, references: int | None) -> Simulation:
    sim = Simulation(busy_host(scheme))
    sim.run_all(references=references)
    return sim


def cause_table(sims: dict[str, Simulation]) -> str:
    """Virt misses by cause; causes that no scheme had are left out."""
    counts = {scheme: sim.stats.by_label("system.host.virt_miss_causes") for scheme, sim in sims.items()}
    causes = [name for name in next(iter(counts.values())) if any(row[name] for row in counts.values())]
    rows = [
        [scheme, *(f"{row[name]:,}" for name in causes), f"{sum(row.values()):,}"] for scheme, row in counts.items()
    ]
    return markdown(["scheme", *causes, "virt misses"], rows)


def causal_table(views: list[CausalView]) -> str:
    headings = [
        "scheme",
        "real misses",
        "emulated",
        "virt in handler",
        "virt later",
        "virt unrelated",
        "exits",
        "cycles",
    ]
    rows = [
        [
            view.scheme,
            f"{view.real_misses:,}",
            f"{view.emulated:.2f}",
            f"{view.handler_virt:.2f}",
            f"{sum(view.later.values()):.2f}",
            f"{view.unrelated:.2f}",
            f"{view.rows()[-1][1]:.2f}",
            f"{view.cycles:,.0f}",
        ]
        for view in views
    ]
    return markdown(headings, rows)


def figure(views: list[CausalView]) -> bytes:
    """One real miss under every scheme, on one scale."""
    bars = [Bar(view.scheme, view.stages()) for view in views]
    return stacks([("", bars)], Page(), "What one real miss of the guest costs", "scheme", "host cycles")


def write_page(page: Path, tables: dict[str, str], views: list[CausalView]) -> None:
    """Replace what stands between the page's marks, and the figure beside it."""
    replace_marked(page, tables)
    (page.parent / FIGURE).write_bytes(figure(views))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=int, help="references of each run (default: the whole trace)")
    parser.add_argument("--schemes", default=",".join(SCHEMES), help="schemes, with commas between them")
    parser.add_argument("--page", type=Path, help="a page whose tables and figure are to be replaced")
    arguments = parser.parse_args()
    sims = {scheme: finish(scheme, arguments.references) for scheme in arguments.schemes.split(",")}
    views = [causal_view(sim) for sim in sims.values()]
    tables = {"causes": cause_table(sims), "causal": causal_table(views)}
    print("\n\n".join([*tables.values(), *(f"{view.scheme}\n\n{view.table()}" for view in views)]))
    if arguments.page is not None:
        write_page(arguments.page, tables, views)


if __name__ == "__main__":
    main()
