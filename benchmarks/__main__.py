# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks`, which is `make bench`: every row in one run, in turn, and a table of ratios.

Status 1: simulators that should count the same misses do not. A goal that is not met is told, and is no failure.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.row import chosen, take_turns
from benchmarks.sections import all_sections
from benchmarks.setting import Setting
from benchmarks.table import data, machine, markdown, missed

HERE = Path(__file__).parent


def named(text: str) -> tuple[str, Path]:
    """NAME=FOLDER."""
    name, _, folder = text.partition("=")
    if not name or not folder:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=FOLDER")
    return name, Path(folder)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.add_argument("rows", nargs="*", help="sections, or section/row, with * and ? (default: all)")
    made.add_argument("--list", action="store_true", help="say what rows there are, and measure nothing")
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--trace", action="append", default=[], help="a trace file or a shipped trace; more than once")
    made.add_argument("--references", type=int, help="of each trace, from its start (default: all)")
    made.add_argument(
        "--guest",
        action="append",
        type=named,
        default=[],
        metavar="NAME=FOLDER",
        help="a Linux guest, as `simobjects guest build` makes it (default: init=guest, if it is there)",
    )
    made.add_argument("--recording", action="append", type=Path, default=[], help="what `trace import` is to import")
    made.add_argument("--results", type=Path, default=HERE / "results", help="folder to write to")
    made.add_argument("--publish", action="store_true", help="write RESULTS.md, the file that is committed, as well")
    return made  # fmt: skip


def main() -> int:
    """Print the tables and write results/latest.json and .md."""
    arguments = parser().parse_args()
    if arguments.rounds < 1:
        parser().error("--rounds: at least 1")
    guests = dict(arguments.guest) or ({"init": Path("guest")} if Path("guest/vmlinux").is_file() else {})

    def told(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        traces = arguments.trace or ["sqlite"]
        setting = Setting(Path(folder), traces, arguments.references, guests, arguments.recording)
        try:
            sections = chosen(all_sections(setting, arguments.rows), arguments.rows)
        except ValueError as error:
            parser().error(str(error))
        if arguments.list:
            print("\n".join(f"{section.name}/{row.name}" for section in sections for row in section.rows))
            return 0
        rounds = take_turns(sections, arguments.rounds, told)
    facts = machine()
    page = markdown(sections, facts, rounds)
    print(page)
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "latest.json").write_text(json.dumps(data(sections, facts), indent=2) + "\n")
    (arguments.results / "latest.md").write_text(page)
    if arguments.publish:
        (HERE / "RESULTS.md").write_text(page)
    for line in missed(sections):
        told(line)
    return 1 if any(section.agree is False for section in sections) else 0


if __name__ == "__main__":
    sys.exit(main())
