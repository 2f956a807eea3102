# SPDX-License-Identifier: BSD-3-Clause
"""Exit timing files read back, refused and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simobjects.cli import main
from simobjects.kvm.timing_file import (
    HEADER,
    Timing,
    TimingFileError,
    compare_timing,
    format_timing,
    parse_timing,
    read_timing,
)
from tests.unit.kvm.test_exit_timing import ONE_MFMSR

numbers = st.integers(0, 2**64 - 1)


def test_ours_reads_back() -> None:
    rows = parse_timing(ONE_MFMSR)
    assert len(rows) == 27
    assert rows[16] == Timing("EMUL_MFMSR", 2, 143, 143, 286, 40898)
    assert format_timing(rows) == ONE_MFMSR


def test_a_later_kernels_further_kind_is_kept() -> None:
    more = ONE_MFMSR.replace("         DEC\t", "   EMUL_RFCI\t         3\t 1\t 1\t 3\t 3\n         DEC\t")
    rows = parse_timing(more)
    assert len(rows) == 28 and rows[20] == Timing("EMUL_RFCI", 3, 1, 1, 3, 3)
    assert compare_timing(parse_timing(ONE_MFMSR), rows)[-1].counts == (0, 3)


@given(st.lists(numbers, min_size=27 * 5, max_size=27 * 5))
def test_every_table_reads_back(values: list[int]) -> None:
    kinds = [row.kind for row in parse_timing(ONE_MFMSR)]
    rows = [Timing(kind, *values[5 * i : 5 * i + 5]) for i, kind in enumerate(kinds)]
    assert parse_timing(format_timing(rows)) == rows


DAMAGE = [
    ("", "does not begin with the line"),
    ("type count\n", "does not begin with the line"),
    (HEADER + "\n", "has no line for MMIO; is it cut off?"),
    ("".join(ONE_MFMSR.splitlines(True)[:-1]), "has no line for TIMEINGUEST"),
    (ONE_MFMSR.replace("EMUL_MFMSR", "EMUL_MFSPR"), "EMUL_MFSPR is there more than once"),
    (ONE_MFMSR.replace("40898", "40x98"), ":18: "),
    (ONE_MFMSR.replace("40898", "-0898"), "is not a kind and five numbers"),
    (ONE_MFMSR.replace("40898", "9" * 5000), "is not a kind and five numbers"),
]


@pytest.mark.parametrize(("text", "expected"), DAMAGE)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "vm7_vcpu0_timing"
    file.write_text(text)
    with pytest.raises(TimingFileError) as caught:
        read_timing(file)
    assert str(file) in str(caught.value) and expected in str(caught.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_table_or_an_error(content: bytes) -> None:
    try:
        parse_timing((ONE_MFMSR.encode() + content).decode("ascii", "replace"))
        parse_timing(content.decode("ascii", "replace"))
    except TimingFileError:
        pass


def test_compared() -> None:
    rows = {row.kind: row for row in compare_timing(parse_timing(ONE_MFMSR), parse_timing(ONE_MFMSR))}
    assert set(rows) == {"SYSCALL", "EMUL_MFMSR", "TIMEINGUEST"}
    assert rows["EMUL_MFMSR"].means == (143.0, 143.0)
    assert rows["EMUL_MFMSR"].shares[0] == pytest.approx(286 / (286 + 98))
    assert rows["TIMEINGUEST"].shares == (0, 0)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "vm7_vcpu0_timing"
    file.write_text(ONE_MFMSR)
    assert main(["timing", str(file), str(tmp_path)]) == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("EMUL_MFMSR"))
    assert line.split()[1:] == ["2", "2", "143.00", "143.00", "74.5", "74.5"]
    assert "MMIO" not in out, "what neither has is left out"
    assert main(["timing", str(file), str(tmp_path / "other")]) == 3
    (tmp_path / "other").mkdir()
    assert main(["timing", str(file), str(tmp_path / "other")]) == 3
    assert "holds no exit timing file; run with --set system.host.exit_timing=later" in capsys.readouterr().err
    (tmp_path / "vm8_vcpu0_timing").write_text("?")
    assert main(["timing", str(file), str(tmp_path / "vm8_vcpu0_timing")]) == 3
    assert "does not begin with the line" in capsys.readouterr().err


def test_a_run_whose_timing_was_edited_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guest = Path(__file__).parents[3] / "configs" / "examples" / "kvm_guest.py"
    settings = ["--set", "system.host.exit_timing=later", "--references", "2000", "--out", str(tmp_path)]
    assert main(["run", str(guest), *settings]) == 0
    folder = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert main(["timing", str(folder), str(folder)]) == 0
    capsys.readouterr()
    (file,) = folder.glob("*_timing")
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    assert main(["timing", str(folder), str(folder)]) == 3
    said = capsys.readouterr().err
    assert f"{folder}: {file.name} is not as the run wrote it; run it again" in said
