# SPDX-License-Identifier: BSD-3-Clause
"""`python -m tests.property`: every comparison draws, and a number makes its case again."""

from __future__ import annotations

import pytest

from tests.property import __main__ as new_cases


@pytest.mark.parametrize("name", new_cases.KINDS)
def test_a_case_of_each_comparison(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tests.property", "--of", name, "--number", "4711"])
    assert new_cases.main() == 0
    assert capsys.readouterr().out == f"{name}: 1 cases, 0 found\n"


def test_what_differs_is_told_by_its_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def differs(number: int) -> None:
        raise AssertionError(f"r{number}")

    monkeypatch.setitem(new_cases.KINDS, "program", differs)
    monkeypatch.setattr("sys.argv", ["tests.property", "--of", "program", "--number", "12"])
    assert new_cases.main() == 1
    assert capsys.readouterr().out == "program 12: AssertionError: r12\nprogram: 1 cases, 1 found\n"
