# SPDX-License-Identifier: BSD-3-Clause
"""The windows of a recording, as the study of the imitation takes them apart."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simobjects.programs.elf_program import program_file
from simobjects.traces.columns import DTYPES, KIND, Columns
from tests.helpers.kvm_guests import guest_system
from tests.helpers.recordings import recorded

STUDY = Path(__file__).parents[3] / "configs" / "studies" / "imitation.py"
USER, KERNEL = 1, 0


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(STUDY))


def columns(*records: tuple[int, ...]) -> Columns:
    parts = zip(zip(*records, strict=True), DTYPES.values(), strict=True)
    return Columns(*(np.array(part, dtype) for part, dtype in parts))


def test_references_by_process_and_the_kernels_pages(study: dict[str, Any]) -> None:
    made = columns(
        (0, USER | 7 << 8, KIND.CONTEXT, 0, 0),
        (0x10000, 0x20000, 0, 1, 5),  # before the window
        (0, 4, KIND.MARK, 1, 0),
        (0x10000, 0x20000, 1, 2, 6),
        (0, KERNEL | 7 << 8, KIND.CONTEXT, 0, 0),
        (0xC0000, 0xC0300, 0, 1, 9),
        (0xC0001, 0xC0300, 0, 1, 9),
        (0, USER | 8 << 8, KIND.CONTEXT, 0, 0),
        (0x10001, 0, 0, 0, 3),
        (0, 4, KIND.MARK, 2, 0),
        (0x10002, 0, 0, 0, 99),  # after it
    )
    (found,) = study["windows"](made)
    assert (found.number, found.instructions, sorted(found.processes)) == (4, 9, [7, 8])
    assert [int(value[0]) for value in found.processes[7]] == [0x10000, 0x20000, 1, 2, 6]
    assert (found.kernel_code, found.kernel_data) == (2, 1)


def test_what_the_programs_referred_to_is_played_by_the_imitation(study: dict[str, Any], tmp_path: Path) -> None:
    part = columns(*[(0x10000, 0x20000 + page, 0, 1, 4) for page in range(70)] * 3)
    found = study["Window"](1, {1: part}, 0, 0)
    again = study["imitated"](found, "e4", 10, tmp_path)
    real, emulated, _ = study["counts"](again.stats.current().counts("system.host.exits_by_kind"))
    assert real == 3 * 70 + 4  # in 63 slots each page misses each time, and the code whenever the FIFO comes round
    assert emulated > 18 * real
    assert again.stats.current().counts("system.host.exits_by_kind")["sysc"] in (9, 10)


def test_the_gains_of_a_recording(study: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(guest_system(program_file("refill"), "e4"), tmp_path / "r.arrow")
    study["print_gains"](str(tmp_path / "r.arrow"))
    head, boot, windows = capsys.readouterr().out.splitlines()
    assert head.startswith("part,exits,virt_e0,virt_e3,virt_e4,e0_e1,")
    assert float(windows.split(",")[9]) > 30  # E3b to E4: this program does nothing but refill its TLB
    assert len(boot.split(",")) == len(windows.split(",")) == 12
