# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks`: the machines against a naive C scan on the shipped trace, the executing core against QEMU."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.executing import measure_programs, programs_markdown
from benchmarks.report import markdown, text
from benchmarks.run import run

HERE = Path(__file__).parent


def main() -> int:
    """Print the table and write results/latest.json and .md. Status 1: counts disagree or a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--trace", default="sqlite", help="a trace file, or the name of a shipped trace")
    parser.add_argument("--references", type=int, help="of the trace, from its start (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program-rounds", type=int, default=3, help="of the executed programs; 0: leave them out")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder to write to")
    parser.add_argument("--publish", action="store_true", help="write RESULTS.md, the file that is committed, as well")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")
    def told(line: str) -> None:
        print(line, file=sys.stderr)

    found = run(arguments.trace, arguments.references, arguments.rounds, told)
    print(text(found))
    pages = markdown(found)
    met = all(target["met"] for target in found["targets"])
    if arguments.program_rounds > 0:
        found["programs"] = measure_programs(arguments.program_rounds, told)
        executed = programs_markdown(found["programs"])
        print(executed)
        pages += executed
        met = met and all(row["met"] for row in found["programs"]["rows"])
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "latest.json").write_text(json.dumps(found, indent=2) + "\n")
    (arguments.results / "latest.md").write_text(pages)
    if arguments.publish:
        (HERE / "RESULTS.md").write_text(pages)
    return 0 if found["counts_agree"] and met else 1


if __name__ == "__main__":
    sys.exit(main())
