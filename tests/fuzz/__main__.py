# SPDX-License-Identifier: BSD-3-Clause
"""`python -m tests.fuzz`: mutants for as long as you like; what is found goes into the corpus, and into the tests."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

from .attempt import Finding, tried, until
from .mutants import mutant
from .readers import READERS

CORPUS = Path(__file__).parent / "corpus"


def kept(finding: Finding) -> Path:
    """The file that the input is kept in."""
    place = CORPUS / finding.reader / hashlib.sha256(finding.data).hexdigest()[:12]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(finding.data)
    return place


def at_a_time(jobs: int, names: Sequence[str], seconds: float) -> int:
    """Each reader in a process of its own, so many at once."""

    def one(name: str) -> int:
        words = [sys.executable, "-P", "-m", "tests.fuzz", "--reader", name, "--seconds", str(seconds)]
        return subprocess.run(words, check=False, timeout=seconds + 600).returncode

    with ThreadPoolExecutor(jobs) as pool:
        return max(pool.map(one, names))


def main() -> int:
    """The exit code is 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each reader (default: 60)")
    parser.add_argument("--reader", action="append", choices=READERS, help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="readers at a time (default: 1)")
    arguments = parser.parse_args()
    if arguments.jobs > 1:
        return at_a_time(arguments.jobs, arguments.reader or list(READERS), arguments.seconds)
    os.environ.setdefault("SIMOBJECTS_CACHE", mkdtemp(prefix="fuzz-cache-"))
    found = 0
    for name in arguments.reader or READERS:
        seeds, count = READERS[name].seeds(), 0

        def inputs(seeds: list[bytes] = seeds) -> object:
            nonlocal count
            for number in until(arguments.seconds):
                count += 1
                yield mutant(seeds, number)

        findings = tried(name, inputs())  # type: ignore[arg-type]
        print(f"{name}: {count} mutants, {len(findings)} found", flush=True)
        for finding in findings:
            print(f"  {kept(finding)}: {finding.what.strip().splitlines()[-1]}", flush=True)
        found += len(findings)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
