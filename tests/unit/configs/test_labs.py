# SPDX-License-Identifier: BSD-3-Clause
"""The labs: a solution passes, the starter and plausible mistakes do not, and the checker says at which point."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.commands import SOURCES, environment, python
from tests.helpers.cross import needed

ROOT = Path(__file__).parents[3]
LABS = ROOT / "configs" / "labs"
SOLUTIONS = ROOT / "tests" / "data" / "labs"
SCHEME = ROOT / "tests" / "helpers" / "lab_scheme.py"

Check = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """A checker on a file that is changed before; its status, the checks that say NO, and all that it said."""

    def run(name: str, file: Path, *changes: tuple[str, str]) -> tuple[int, list[str], str]:
        text = file.read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        mine = tmp_path / file.name
        mine.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [*python(), str(LABS / f"check_{name}.py"), str(mine)],
            cwd=tmp_path,
            env={**environment(), "PYTHONPATH": f"{SOURCES}:{LABS}"},
            capture_output=True,
            text=True,
            timeout=240,
        )
        return done.returncode, re.findall(r"^ NO  (.*?): ", done.stdout, re.MULTILINE), done.stdout + done.stderr

    return run


def test_lab_1_a_handler_that_keeps_the_contract(check: Check) -> None:
    needed()
    status, failed, said = check("refill", SOLUTIONS / "handler.S")
    assert (status, failed) == (0, []), said
    assert "misses [8, 24, 30, 1198, 2560]" in said


@pytest.mark.parametrize(
    ("before", "after", "failed"),
    [
        ("cmplwi 11, 64", "cmplwi 11, 63", "entries 2 to 63 are used in turn"),
        (
            "mtcr 12\n    mfspr 12, 274\n    mfspr 11, 273\n    mfspr 10, 272\n    rfi",
            "rfi",
            "registers and CR are kept",
        ),
        ("    b no_page", "    li 10, 0\n    b no_page", "a missing page is reported, registers intact"),
        ("tlbwe 12, 11, 2", "li 12, 1\n    tlbwe 12, 11, 2", "permissions are the table's"),
        ("mtspr 272, 10", "mtspr 272, 10\n    .rept 20\n    nop\n    .endr", "a miss takes at most 40 instructions"),
    ],
)
def test_lab_1_mistakes(check: Check, before: str, after: str, failed: str) -> None:
    needed()
    status, found, said = check("refill", SOLUTIONS / "handler.S", (before, after))
    assert status == 1, said
    assert failed in [text.partition(":")[0] for text in found], said


def test_lab_1_the_starter_and_what_does_not_assemble(check: Check) -> None:
    needed()
    status, failed, _ = check("refill", LABS / "refill" / "handler.S")
    assert status == 1 and len(failed) > 4
    status, failed, said = check("refill", SOLUTIONS / "handler.S", ("rfi", "rfo"))
    assert status == 1 and "the compiler refuses it" in said and "Traceback" not in said


def test_lab_2_slots_given_up_are_taken_first(check: Check) -> None:
    status, failed, said = check("scheme", SCHEME)
    assert (status, failed) == (0, []), said


def test_lab_2_the_commit_does_not_beat_itself(check: Check) -> None:
    status, failed, said = check("scheme", LABS / "my_scheme.py")
    assert status == 1
    assert failed == [f"{name}, at least 3% faster than the commit" for name in ("sqlite", "zipf", "two processes")]


def test_lab_2_a_look_that_nobody_pays(check: Check) -> None:
    """Nothing charged: faster still, and refused."""
    free = [(f"self.charge({number})\n", "pass\n") for number in (4, 6, 8)]
    status, failed, said = check("scheme", SCHEME, *free)
    assert status == 1, said
    assert failed == [f"{name}, what it looks at is paid for" for name in ("sqlite", "zipf", "two processes")]


def test_lab_2_a_script_without_a_scheme(check: Check) -> None:
    status, _, said = check("scheme", LABS / "before.py")
    assert status == 1 and "defines 0 schemes" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("self.next_slt()", "my_scheme.py:18: AttributeError: .*; did you mean 'next_slot'\\?$"),
        ("99", r"my_scheme.py:16: MyScheme.choose gave 99: expected a slot, a whole number from 0 to 62"),
        ("self.next_slot(", r"my_scheme.py:18: SyntaxError: '\(' was never closed"),
    ],
)
def test_lab_2_mistakes_are_told_by_their_line(check: Check, line: str, told: str) -> None:
    status, _, said = check("scheme", LABS / "my_scheme.py", ("self.next_slot()", line))
    assert status == 1 and re.search(told, said, re.MULTILINE), said
    assert "Traceback" not in said and "check_scheme.py" not in said


def test_what_never_ends_is_ended(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from lab_checks import tried\nwith tried(Path('mine.py'), 1):\n    while True: pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": f"{SOURCES}:{LABS}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (1, "mine.py: not through after 1 s; does a loop of it never end?\n")


def test_lab_3_the_cause(check: Check) -> None:
    status, failed, said = check("slowdown", SOLUTIONS / "slowdown.toml")
    assert (status, failed) == (0, []), said


def test_lab_3_what_merely_changed_too(check: Check) -> None:
    wrong = (("system.guest_tlb.entries", "system.host.hz"), ('"64"', '"250Hz"'), ("20.2", "3"), ("inst_emu", "dtlb_v"))
    status, failed, _ = check("slowdown", SOLUTIONS / "slowdown.toml", *wrong)
    assert status == 1 and len(failed) == 4


def test_lab_3_the_starter_is_no_answer(check: Check) -> None:
    status, _, said = check("slowdown", LABS / "slowdown.toml")
    assert status == 1 and "`parameter` is ''; expected a text in quotes" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("system.guest_tlb.entries", "system.guest_tlb.entry"), "did you mean: system.guest_tlb.entries"),
        (('"64"', '"many"'), "expected: an integer from"),
    ],
)
def test_lab_3_an_answer_that_cannot_be_tried(check: Check, change: tuple[str, str], told: str) -> None:
    status, _, said = check("slowdown", SOLUTIONS / "slowdown.toml", change)
    assert status == 1 and told in said and "Traceback" not in said


@pytest.mark.slow
def test_lab_4_right_and_wrong_answers(tmp_path: Path) -> None:
    """In one process, in which no conclusion is worked out twice."""
    right = (SOLUTIONS / "defence.toml").read_text(encoding="utf-8")
    wrong = (
        right.replace('"e4"', '"e3b"')
        .replace("at = 1246", "at = 601")
        .replace('together = "turns"', 'together = "holds"')
    )
    (tmp_path / "right.toml").write_text(right)
    (tmp_path / "wrong.toml").write_text(wrong)
    code = (
        f"import sys; sys.path.insert(0, {str(LABS)!r}); import check_defence\n"
        "for name in ('right', 'wrong'):\n"
        "    sys.argv = ['check_defence.py', f'{name}.toml']\n"
        "    print(name, check_defence.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    first, _, second = done.stdout.partition("right 0\n")
    assert "NO" not in first
    assert re.findall(r"^ NO  (.*?): ", second, re.MULTILINE) == [
        "e3b is faster, by a factor of 1.163",
        "what turns it is system.costs.iccci_refill, at 601",
        "with all at their worst it holds",
    ]
    assert second.endswith("wrong 1\n")
