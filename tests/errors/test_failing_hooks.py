# SPDX-License-Identifier: BSD-3-Clause
"""Hooks and functions of a script that raise, or give what they may not: one report at the user's line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from simobjects import SyntheticWorkload, TraceWorkload
from simobjects.base.errors import ExitCode
from simobjects.cext.traces.stream import TraceStream
from simobjects.cli import main
from simobjects.framework import ConfigError, Simulation
from simobjects.traces.errors import TraceError
from simobjects.traces.recording import Recording
from simobjects.traces.tracefile import open_trace
from simobjects.traces.views import Views
from tests.helpers.played_machine import native_system

HEAD = """\
from simobjects import *
from simobjects.framework import *
class P:
    def __init__(self, **answers): self.__dict__.update(answers)
    def now(self): return 0
    def references(self): return 0
class Mine(SimObject):
    "Mine."
"""
FIRST = HEAD.count("\n") + 1
MACHINE = """\
system = System()
system.tlb = HardwareTLB(64)
system.core = Core440(workload=SyntheticWorkload())
system.guest = GuestKernel(era="2.6.29")
system.core.exceptions, system.core.translation = system.guest.vectors, system.tlb.core_side
"""


def ended(
    folder: Path, capsys: pytest.CaptureFixture[str], body: str, *, alone: bool = False, asked: str = "run"
) -> tuple[int, str]:
    """The exit code of a run of the script with the class `Mine` of this body, and what was printed as an error."""
    script = folder / "mine.py"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    machine = "system = System()\n" if alone else MACHINE
    script.write_text(f"{HEAD}{lines}{machine}system.mine = Mine()\n")
    more = ["--references", "2k", "--out", str(folder / "runs")] if asked == "run" else []
    code = main([asked, str(script), *more])
    said = capsys.readouterr().err
    return code, said[said.rindex("simobjects: ") if "simobjects: " in said else 0 :].replace(f"{folder}/", "")


RAISED: dict[str, tuple[str, int, str]] = {
    "elaborate": ("def elaborate(self):\n    self.there", 2, "while elaborating"),
    "check": ("def check(self):\n    return [{}['x']]", 2, "while checking"),
    "identity": ("def identity(self):\n    raise OSError(5, 'no')", 2, "while asking for the identity of"),
    "further_code": ("def further_code(self):\n    return [][1]", 2, "while asking for the identity of"),
    "make_peer": ("def make_peer(self):\n    return 1 // 0", 2, "while building the peer of"),
    "make_peer, by a kernel": (
        "def make_peer(self):\n    from simobjects.cext.traces.stream import TraceStream; TraceStream(*[b''] * 5)",
        2,
        "while building the peer of",
    ),
    "make_peer, memory": ("def make_peer(self):\n    raise MemoryError('too big')", 2, "while building the peer of"),
    "wire": ("def wire(self, peers):\n    peers[self]", 2, "while wiring"),
    "read_stats": (
        "def read_stats(self):\n    return 1 / 0\nn = counter('n', unit='n')",
        2,
        "while reading the statistics of",
    ),
    "labels": ("v = vector('v', labels=lambda o:\n    o.there, unit='n')", 2, "while asking for the labels of"),
    "artifacts": ("def artifacts(self, peers):\n    return {'x': 1 / 0}", 1, "while asking for the files of"),
    "provenance": ("def provenance(self):\n    return {'x': 1 / 0}", 1, "while asking for the origin of"),
}
"""A body whose second line raises, the exit code (2: nothing has run), and what was going on."""


@pytest.mark.parametrize("what", RAISED)
def test_what_a_hook_raises_is_told_at_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    body, code, doing = RAISED[what]
    got, said = ended(tmp_path, capsys, body)
    assert (got, "Traceback" in said) == (code, False), said
    first, second = said.splitlines()
    assert first.startswith(f"simobjects: mine.py:{FIRST + 1}: "), said
    assert second == f"  {doing} system.mine (Mine)"


def test_with_traceback_the_whole_way_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(tmp_path, capsys, RAISED["artifacts"][0])
    with pytest.raises(ZeroDivisionError):
        main(["run", str(tmp_path / "mine.py"), "--references", "2k", "--out", str(tmp_path / "runs"), "--traceback"])


ANSWERS: dict[str, tuple[str, str, str]] = {
    "check": ("def check(self): return 5", "5", "an iterable of what self.problem(...) gave, or nothing"),
    "check, items": (
        "def check(self): return ['no']",
        "'no'",
        "an iterable of what self.problem(...) gave, or nothing",
    ),
    "identity": ("def identity(self): return 5", "5", "plain data by name"),
    "identity, value": (
        "def identity(self): return {'x': {1, 2}}",
        "{'x': {1, 2}}",
        "plain data by name: numbers, texts, and lists and mappings of these",
    ),
    "identity, no number": (
        "def identity(self): return {'x': float('nan')}",
        "{'x': nan}",
        "plain data by name: numbers, texts, and lists and mappings of these",
    ),
    "artifacts": ("def artifacts(self, peers): return {'x': 'text'}", "{'x': 'text'}", "bytes by name"),
    "provenance": ("def provenance(self): return {'x': 1}", "{'x': 1}", "texts by name"),
    "read_stats": ("def read_stats(self): return 5\nn = counter('n', unit='n')", "5", "values by name"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_wrong_answer_is_told_at_the_hook(tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    body, value, expected = ANSWERS[what]
    code, said = ended(tmp_path, capsys, body)
    hook = what.partition(",")[0]
    assert code == 2
    assert said[said.index("ConfigError") :] == (
        "ConfigError: 1 problem in this configuration\n"
        f"  1. system.mine.{hook}() = {value}\n"
        f"     expected: {expected}\n"
        f"     at: mine.py:{FIRST}\n"
        "     fix: correct what it returns\n"
    )


def test_a_hook_may_give_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check that only reports by `problem` needs no `return ()`."""
    hooks = [f"def {call}: pass" for call in ("check(self)", "identity(self)", "provenance(self)")]
    assert ended(tmp_path, capsys, "\n".join([*hooks, "def artifacts(self, peers): pass"]))[0] == 0
    code, said = ended(tmp_path, capsys, "n: int = param(5, 'n')\ndef check(self): self.problem('n', 5, '6', 'give 6')")
    assert (code, "1. system.mine.n = 5\n" in said) == (2, True)


STATISTICS: dict[str, tuple[str, str]] = {
    "formula": ("q = formula('q', lambda s: s.there)", "system.mine.q: the formula fails: "),
    "overflow": (
        "q = formula('q', lambda s: 2.0 ** (s.n + 5000))",
        "system.mine.q: the formula fails: OverflowError: ",
    ),
    "index": ("q = formula('q', lambda s: [][s.n])", "system.mine.q: the formula fails: IndexError: "),
    "recursion": ("q = formula('q', lambda s: s.q)", "system.mine.q: the formula fails: RecursionError: "),
    "conserve": (
        "q = conserve('n', lambda s: 1 / s.n, lambda s: 1)",
        "system.mine: 'n' cannot be checked: ZeroDivisionError: division by zero",
    ),
}


@pytest.mark.parametrize("what", STATISTICS)
def test_a_rule_that_fails_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    rule, told = STATISTICS[what]
    code, said = ended(tmp_path, capsys, f"n = counter('n', unit='n')\ndef read_stats(self): return {{'n': 0}}\n{rule}")
    assert (code, said.count("\n")) == (1, 1), said
    assert said.startswith(f"StatsError: {told}") and said.endswith(f"(mine.py:{FIRST + 2})\n"), said


def test_a_formula_that_divides_by_zero_has_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "n = counter('n', unit='n')\ndef read_stats(self): return {'n': 0}\nq = formula('q', lambda s: 1 / s.n)"
    assert ended(tmp_path, capsys, body)[0] == 0


ENGINES: dict[str, tuple[str, str]] = {
    "nothing": ("advance=lambda r, c: None", "the engine system.mine gave None; expected (reason, what is told of it)"),
    "a number": ("advance=lambda r, c: 5", "the engine system.mine gave 5; expected (reason, what is told of it)"),
    "no details": ("advance=lambda r, c: (1, 2)", "the engine system.mine gave (1, 2); expected"),
    "no reason": ("advance=lambda r, c: (77, {})", "the engine gave an unknown reason to stop: 77"),
    "statistics": (
        "advance=lambda r, c: (1, {}), read_stats=lambda: 5",
        "the peer of system.mine gave 5 for its statistics; give values by name",
    ),
}


@pytest.mark.parametrize("what", ENGINES)
def test_an_engine_of_a_script_that_breaks_its_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    answers, told = ENGINES[what]
    more = "\nn = counter('n', unit='n')" if what == "statistics" else ""
    body = f"is_engine = True\ndef make_peer(self): return P({answers}){more}"
    code, said = ended(tmp_path, capsys, body, alone=True)
    assert (code, said.count("\n")) == (1, 1), said
    assert said.startswith(f"EngineError: {told}")


def test_what_a_scheme_raises_while_it_runs_is_told_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import runpy\nfrom simobjects import *\nfrom simobjects.base.shipped import CONFIGS\n"
        "class Mine(PythonScheme):\n    'Mine.'\n    class running(RunningScheme):\n"
        "        def choose(self, index, ea):\n            return {}[index]\n"
        "system = runpy.run_path(f'{CONFIGS}/examples/kvm_guest.py')['system']\nsystem.host.scheme = Mine()\n"
    )
    assert main(["run", str(script), "--references", "2k", "--out", str(tmp_path / "runs")]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.replace(f"{tmp_path}/", "").startswith("simobjects: mine.py:8: KeyError: ")


def test_the_point_of_a_sweep_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(tmp_path, capsys, RAISED["artifacts"][0])
    words = ["sweep", str(tmp_path / "mine.py"), "--over", "system.tlb.entries=32,64", "--references", "1k"]
    assert main([*words, "--out", str(tmp_path / "swept")]) == 1
    said = capsys.readouterr().err.replace(f"{tmp_path}/", "")
    assert f"mine.py:{FIRST + 1}: ZeroDivisionError: division by zero\n    while asking for the files of" in said


# ---- peers of our own ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (ValueError("a width of 5"), "a width of 5"),
        (OverflowError("value too large"), "value too large"),
        (MemoryError(), "this computer lacks the memory"),
    ],
)
def test_what_a_peer_of_ours_refuses_is_a_problem_of_its_object(
    monkeypatch: pytest.MonkeyPatch, error: Exception, what: str
) -> None:
    system = native_system(workload=SyntheticWorkload())
    monkeypatch.setattr("simobjects.traces.synthetic._kept", Mock(side_effect=error))
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    (problem,) = caught.value.problems
    assert problem.subject == "system.core.workload"
    assert problem.expected == f"what its running half can be made of ({what})"
    assert problem.fix == "correct its parameters; `simobjects objects SyntheticWorkload` lists them"
    assert problem.file == __file__
    assert caught.value.__cause__ is error


def test_a_trace_whose_records_no_stream_takes_names_file_and_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records behind an intact file: what a reader of another version let through."""
    trace = open_trace("sqlite", cache=False)
    columns = trace.columns._replace(kind=trace.columns.kind.copy())
    columns.kind[41:43] = 9
    views = Views(*(column.data for column in columns))
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path))
    for module in ("open_stream", "recording"):
        monkeypatch.setattr(f"simobjects.traces.{module}.open_trace", lambda path: replace(trace, views=views))
    monkeypatch.setattr("simobjects.traces.open_stream._open", {})
    with pytest.raises(TraceError) as caught:
        Simulation(native_system(workload=TraceWorkload("sqlite")))
    told = str(caught.value)
    assert "sqlite" in told and "record 41 has a page number of 2^20 or more, a kind other than 0 and 1" in told
    assert "fix: import or record it again" in told
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    with pytest.raises(TraceError, match=r"b\.arrow: no recording: record \d+ is none that a recording has"):
        Recording("b.arrow").recorded_stream()
    with pytest.raises(ValueError, match="record 41 has"):
        TraceStream(*columns)
