# SPDX-License-Identifier: BSD-3-Clause
"""The imitation beside the real guest: the tables of docs/gains.md, made again from a recording of that guest."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from simobjects import Simulation, record
from tests.helpers.linux_study import GUEST, STUDIES, load_study, options, prepare

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gains.md").read_text(encoding="utf-8")
KERNEL = "2.6.27"
REFILLS = range(3, 7)
COMPUTES = (2, 16, 18)
NULL_CALL = 7


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = prepare(tmp_path_factory.mktemp("guest"))
    simulation = Simulation(load_study().machine(options(folder / "old", KERNEL), KERNEL))
    with record(simulation, folder / "linux.arrow"):
        simulation.run_all()
    return folder / "linux.arrow"


def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[dict[str, str]]:
    """What the study prints."""
    monkeypatch.setattr("sys.argv", ["imitation.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(STUDIES / "imitation.py"), run_name="__main__")
    assert ended.value.code == 0
    head, *rows = (line.split(",") for line in capsys.readouterr().out.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def shown(mark: str) -> list[list[str]]:
    """The numbers of each row of a table of the page."""
    table = PAGE.partition(f"<!-- {mark} -->\n")[2].partition(f"<!-- /{mark} -->")[0]
    return [re.findall(r"-?\d+(?:\.\d)?", line.replace(",", "")) for line in table.splitlines()[2:]]


def own(line: str) -> list[str]:
    """The numbers of a row but those of the window's name, such as 32 pages."""
    cells = line.strip("|").split("|")
    return [cells[0].split(":")[0].strip(), *re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3})", "", "|".join(cells[1:])))]


def test_the_windows_of_the_page(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {int(row["window"]): row for row in printed(monkeypatch, capsys, str(recording), "--scheme", "e0")}
    table = PAGE.partition("<!-- imitation -->\n")[2].partition("<!-- /imitation -->")[0]
    rows = [own(line) for line in table.splitlines()[2:]]
    assert sorted(int(row[0]) for row in rows) == list(range(3, 18))
    for number, *numbers in rows:
        row = found[int(number)]
        assert numbers == [value for name, value in row.items() if name not in ("window", "processes")], number
    counts: dict[int, dict[str, int]] = {
        number: {name: int(value) for name, value in row.items()} for number, row in found.items()
    }
    for window in REFILLS:
        refill = counts[window]
        assert abs(refill["real"] - refill["real_imitated"]) <= 1
        assert refill["inst_emu_imitated"] == pytest.approx(refill["inst_emu"], rel=0.003)
        assert refill["virt_imitated"] == pytest.approx(refill["virt"], rel=0.01)
    share = {window: each["virt_imitated"] / each["virt"] for window, each in counts.items() if each["virt"]}
    assert round(share[NULL_CALL], 2) == 0.43
    services = [part for window, part in share.items() if window not in (*REFILLS, *COMPUTES, NULL_CALL)]
    assert (round(min(services), 2), round(max(services), 2)) == (0.03, 0.33)


def test_what_each_step_saves(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boot, windows = printed(monkeypatch, capsys, str(recording), "--gains")
    assert shown("replayed") == [list(row.values())[5:] for row in (boot, windows)]
    exits, e0, e3, e4 = (f"{int(boot[name]):,}" for name in ("exits", "virt_e0", "virt_e3", "virt_e4"))
    said = " ".join(PAGE.split())
    assert f"has {exits} exits, and {e0}, {e3} and {e4} virt misses under E0, E3 and E4" in said


def test_window_11_of_the_page_is_in_other_states_under_other_schemes(recording: Path) -> None:
    study = runpy.run_path(str(STUDIES / "imitation.py"))
    found = []
    for scheme in ("e4", "e5", "e6"):
        simulation = study["replayed"](str(recording), scheme).simulation
        marked = [window for window in simulation.stats.windows() if window.label.startswith("marker")]
        found.append(study["counts"](marked[11].counts("system.host.exits_by_kind"))[2])
    e4, e5, e6 = (f"{count:,}" for count in found)
    assert f"{e4} virt misses under E4, {e5} under E5 and {e6} under E6" in " ".join(PAGE.split())
