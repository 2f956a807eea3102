# SPDX-License-Identifier: BSD-3-Clause
"""Random sequences on the core and on its plain twin, with all that QEMU executes otherwise than a 440."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential import campaign
from tests.differential.campaign import Campaign
from tests.differential.machines import core, twin


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 5])
def test_random_sequences_agree_with_the_twin(seed: int, tmp_path: Path) -> None:
    """Accumulation with every flag, isel, stray and unaligned reservations; a digest of the first 64 bytes of data."""
    wanted = Campaign(seed, count=32, hashed=64, hardware=True)
    found, _ = campaign.run(wanted, core, twin, tmp_path)
    if found is not None:
        culprit = campaign.bisect(wanted, found.run, core, twin, tmp_path) if found.run >= 0 else None
        pytest.fail(f"seed {seed}: {found}\n{culprit or 'only the whole campaign shows it'}")
