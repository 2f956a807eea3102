# SPDX-License-Identifier: BSD-3-Clause
"""A Linux 6.1 guest to its last line, window by window against real hosts.

The real hosts are Linux kernels whose KVM ran the same guest under an emulator: an instruction takes 0.4 ticks of the
timebase. The device tree says that the clock is ten times as fast, so that ticks of the guest are rare.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.linux_study import GUEST, STUDIES, options, paired, play, played, prepare

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]
COLUMNS = ("itlb_r", "dtlb_r", "sysc", "isi", "dsi", "mmio", "dcr")
"""KVM's counters that do not depend on what the host does meanwhile."""
KERNELS = ("3.14", "2.6.29", "commit", "parent", "2.6.27")
HEADER = "window,itlb_v,dtlb_v,itlb_r,dtlb_r,inst_emu,sysc,isi,dsi,mmio,dcr,instructions"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("guest"))


def study(elf: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, str(STUDIES / "kvm_truth.py"), "--linux", "--elf", str(elf)),
        *("--dtb", str(GUEST / "guest.dtb"), "--initrd", str(GUEST / "guest.cpio"), *arguments),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_guest_reaches_its_last_line_and_counts_as_under_the_real_host(kernel: str, folder: Path) -> None:
    found = played(folder, kernel)
    assert found.problem == ""
    lines = found.console.replace("\r", "").splitlines()
    assert lines[-1] == "GUEST-DONE"
    assert [line for line in lines if line.startswith("RESULT")][:3] == [
        "RESULT touch32 000fe4c0",
        "RESULT touch56 0022c720",
        "RESULT touch128 00d2d700",
    ]
    assert [row.number for row in found.rows] == [1, *range(1, 19)]
    pairs = paired(kernel, found.rows)
    assert len(pairs) > 0
    for real, mine in pairs:
        counts = {name: mine.counts[name] for name in COLUMNS}
        assert counts == {name: int(real[name]) for name in COLUMNS}, real["name"]


def test_the_command_prints_a_row_a_window(folder: Path) -> None:
    done = study(folder / "new", "--kernel", "3.14", "--mask-ticks")
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = done.stdout.splitlines()
    assert header == HEADER
    assert rows == [str(row) for row in played(folder, "3.14").rows]
    assert rows[3].startswith("3,"), "the third of the null windows' successors: 32 pages"
    assert rows[3].split(",")[4:6] == ["32", "593"], "the guest patches its own handler at boot, and that is executed"


def test_2_6_28_hangs_where_the_real_one_does_and_says_why(folder: Path) -> None:
    done = study(folder / "old", "--kernel", "2.6.28")
    assert done.returncode == 1
    rows = done.stdout.splitlines()
    assert rows[0] == HEADER
    assert [row.split(",")[0] for row in rows[1:]] == ["1", *map(str, range(1, 11))]
    assert "2.6.28: window 11: 10 seconds passed without a mark or a character; every process waits" in done.stderr
    assert "dropped as the guest writes PID (fe4e771d5c does so) the same guest ends window 11" in done.stderr


def test_the_unpatched_guest_faults_for_ever(folder: Path) -> None:
    """Linux 6.1 has no SX in user pages, and from E3 on its user code is mapped with the permissions of the kernel."""
    done = study(folder / "plain", "--kernel", "3.14", "--patience", "1")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [HEADER]
    assert "outside of windows: 1 seconds passed" in done.stderr
    assert "the same fault comes back: isi" in done.stderr


@pytest.mark.parametrize("kernel", ["2.6.26", "2.6.27", "parent", "commit", "2.6.29", "2.6.30", "3.6", "3.14", "3.16"])
def test_the_unpatched_guest_gets_through_with_help(kernel: str, folder: Path) -> None:
    """Under hosts before 3.14 it also needs MCSR and TCR; before E3 shadows are dropped at each change of privilege."""
    found = play(options(folder / "plain", kernel, guest_help=True))
    assert [row.number for row in found.rows] == [1, *range(1, 19)]
    assert found.problem == ""
    assert found.console.rstrip().endswith("GUEST-DONE")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kernel", "3.14", "5 0 0 1 0 0 0 2 63 0 0 1 0"), "--linux has windows, not cases"),
        (("--kernel", "2.4"), "--kernel 2.4: no kernel with KVM for the 440"),
        (("--kernel", "3.14", "--patience", "0"), "--patience 0: give at least 1 second"),
        (("--kernel", "parent", "--fifo-start", "all"), "a Linux guest has one start"),
        (("--kernel", "parent", "--fifo-start", "70"), "expected a slot from 0 to 62"),
    ],
)
def test_a_wrong_command_line_is_refused(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    done = study(folder / "new", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
