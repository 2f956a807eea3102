# SPDX-License-Identifier: BSD-3-Clause
"""The study that executes the bare-metal guest under KVM: counters of real kernels, and those of the played guest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.golden.bare_metal_guest import BareMetalGuest, OutsideChainsError
from tests.golden.test_real_kernel_counts import ALL_MODES, COUNTERS, recorded
from tests.golden.truth_study import Case, study

SCHEMES = {"2.6.27": "e0", "2.6.28": "e3", "3.14.79": "e6"}


@pytest.mark.parametrize(
    ("kernel", "line", "hwater", "expected"),
    [(kernel, *case) for kernel in SCHEMES for case in recorded(kernel, ALL_MODES)],
)
def test_executed_guests_count_as_the_real_kernel(
    kernel: str, line: str, hwater: int, expected: dict[str, int]
) -> None:
    """Under the old kernels the FIFO position of the start is not known: one of them gives the counters."""
    wanted = tuple(expected[name] for name in COUNTERS)
    system = study.machine(Case.of(line), kernel, hwater)
    for start in study.starts_of(kernel, "all", hwater):
        outcome = study.run(system, start)
        assert outcome.wrong_end == ""
        if outcome.counters == wanted:
            return
    pytest.fail(f"no start gives {wanted}; the last gave {outcome.counters}")


@st.composite
def case_lines(draw: st.DrawFn) -> str:
    """Any case that ends soon. In the modes with loops of K, K is at least 1: the guest counts down to zero."""
    mode = draw(st.sampled_from((0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 8)))
    first = draw(st.integers(4, 40))
    return " ".join(
        map(
            str,
            (
                mode,
                draw(st.integers(1, 57 if mode == 8 else 90)),
                draw(st.integers(0, 3)),
                draw(st.integers(1, 20)),
                draw(st.integers(1, 60)),
                draw(st.integers(1, 200)),
                draw(st.integers(0, 3)),
                first,
                draw(st.integers(first, 63)),
                draw(st.integers(1, 6)),
                draw(st.integers(1, 4)),
                draw(st.integers(1, 25)),
                draw(st.integers(0, 2**32 - 1)),
            ),
        )
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(case_lines(), st.sampled_from(sorted(SCHEMES)), st.sampled_from((61, 62)), st.integers(0, 62))
def test_executing_counts_as_playing(line: str, kernel: str, hwater: int, start: int) -> None:
    """The played guest shares scheme and host kernel, but no instruction, no decoding, no image."""
    case, start = Case.of(line), min(start, hwater)
    try:
        played = BareMetalGuest(case, SCHEMES[kernel], hwater, start).run()
    except OutsideChainsError:
        assume(False)  # one process read the other's memory where that has no pointer
    position = start if kernel != "3.14.79" else None
    outcome = study.run(study.machine(case, kernel, hwater), position)
    assert outcome.wrong_end == ""
    assert outcome.counters == tuple(played[name] for name in COUNTERS)


@pytest.mark.parametrize("kernel", sorted(SCHEMES))
@pytest.mark.parametrize("mode", [8, 9])
@pytest.mark.parametrize("pages", [8, 16, 56])
def test_heavy_exits_cost_the_guest_no_page_when_all_fit(kernel: str, mode: int, pages: int) -> None:
    """Each store and each mtdcr goes to user space and back; the pages of guest and VMM fit together."""
    line = f"{mode} {pages} 0 {pages} 1 0 0 2 63 3 1 20 0"
    outcome = study.run(study.machine(Case.of(line), kernel, 62), 0 if kernel != "3.14.79" else None)
    counted = dict(zip(COUNTERS, outcome.counters, strict=True))
    assert counted["dtlb_v"] == pages + 1  # and the page of the parameters
    assert counted["itlb_v"] == 1
    assert counted["inst_emu"] == 14
    assert counted["mmio"] == (21 * 3 + 1 if mode == 8 else 1)


# ---- the command -------------------------------------------------------------------------------------------


def test_a_file_of_cases_may_have_comments_a_header_and_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("# comment\ncase,hwater,x\n0 16 0 0 1 639 0 2 63 0 1 0 0,62,1\n\n7 1 0 0 1 9 0 2 63 0 1 0 0\n")
    assert study.main(["--kernel", "3.14.79", "--cases", str(file), "5 1 0 3 1 1 0 2 63 0 1 1 0"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "case,itlb_v,dtlb_v,dtlb_r,inst_emu,sysc,mmio",
        "0 16 0 0 1 639 0 2 63 0 1 0 0,1,17,0,14,0,1",
        "7 1 0 0 1 9 0 2 63 0 1 0 0,1,1,0,14,0,1",
        "5 1 0 3 1 1 0 2 63 0 1 1 0,1,1,0,20,0,1",
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cases.csv"
    file.write_bytes(b"\xef\xbb\xbf7 1 0 0 1 9 0 2 63 0 1 0 0\r\n\r\n7 1 0 0 1 8 0 2 63 0 1 0 0 # eight\r\n")
    assert study.main(["--kernel", "3.14.79", "--cases", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "7 1 0 0 1 9 0 2 63 0 1 0 0,1,1,0,14,0,1",
        "7 1 0 0 1 8 0 2 63 0 1 0 0,1,1,0,14,0,1",
    ]


def test_cases_may_stand_on_both_sides_of_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = "7 1 0 0 1 9 0 2 63 0 1 0 0", "5 1 0 3 1 1 0 2 63 0 1 1 0"
    assert study.main([first, "--kernel", "3.14.79", second]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == [first, second]


def test_every_fifo_start_has_its_row_under_an_old_kernel_and_none_under_a_new_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = "7 1 0 0 1 9 0 2 63 0 1 0 0"
    assert study.main(["--kernel", "2.6.28", "--fifo-start", "all", case]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 63
    assert study.main(["--kernel", "3.14.79", "--fifo-start", "all", case]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 1


def test_a_case_that_ends_elsewhere_is_told_and_gives_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Handler entries from 0 on: the guest overwrites the entry of its own code, and reports the ITLB miss."""
    assert study.main(["--kernel", "3.14.79", "1 16 0 0 1 100 0 0 63 0 1 0 0"]) == 1
    found = capsys.readouterr()
    assert found.out.splitlines()[1].startswith("1 16 0 0 1 100 0 0 63 0 1 0 0,")
    assert found.err.startswith("1 16 0 0 1 100 0 0 63 0 1 0 0: ")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("1 64 0 0 1 100 0 2 64 0 1 0 0", "tlbwe to an entry that the guest's TLB does not have"),
        ("1 64 0 0 1 100 0 1 63 0 1 0 0", "reference limit"),  # the guest replaces the entry of its devices
    ],
)
def test_the_reason_of_a_wrong_end_is_told(case: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert study.main(["--kernel", "3.14.79", case]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["1 2 3"], "thirteen numbers"),
        (["a b"], "thirteen whole numbers"),
        (["11 16 0 0 1 639 0 2 63 0 1 0 0"], "mode is 0 to 9"),
        (["0 9999 0 0 1 639 0 2 63 0 1 0 0"], "W is at most"),
        (["--cases", "/no/such/file"], "No such file"),
    ],
)
def test_what_is_no_case_is_named(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert study.main(["--kernel", "3.14.79", *arguments]) == 2
    assert words in capsys.readouterr().err
