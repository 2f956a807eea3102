# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks`: the machines against a naive C scan, measured in the same run on the shipped trace."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.report import markdown, text
from benchmarks.run import run

HERE = Path(__file__).parent


def main() -> int:
    """Print the table and write results/latest.json and .md. Status 1: counts disagree or a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--trace", default="sqlite", help="a trace file, or the name of a shipped trace")
    parser.add_argument("--references", type=int, help="of the trace, from its start (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder to write to")
    parser.add_argument("--publish", action="store_true", help="write RESULTS.md, the file that is committed, as well")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")
    found = run(arguments.trace, arguments.references, arguments.rounds, lambda line: print(line, file=sys.stderr))
    print(text(found))
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "latest.json").write_text(json.dumps(found, indent=2) + "\n")
    (arguments.results / "latest.md").write_text(markdown(found))
    if arguments.publish:
        (HERE / "RESULTS.md").write_text(markdown(found))
    return 0 if found["counts_agree"] and all(target["met"] for target in found["targets"]) else 1


if __name__ == "__main__":
    sys.exit(main())
