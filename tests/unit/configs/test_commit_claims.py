# SPDX-License-Identifier: BSD-3-Clause
"""The table of `simobjects demo`."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_what_did_not_happen_is_a_dash(tmp_path: Path) -> None:
    """In a short run no vcpu is put, and no task runs: such a claim has no figure, and is neither held nor not."""
    script = runpy.run_path(str(ROOT / "configs" / "examples" / "commit_claims.py"))
    lines = script["report"](script["measure"](200_000, tmp_path)).splitlines()
    (unmeasured, *others) = [line.split() for line in lines if line.endswith("not measured")]
    assert unmeasured[-3:] == ["-", "not", "measured"]
    assert not any("nan" in words for words in [unmeasured, *others])
    assert any(line.endswith("yes") for line in lines)
