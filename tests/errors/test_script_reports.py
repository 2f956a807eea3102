# SPDX-License-Identifier: BSD-3-Clause
"""A config script that fails: the place, the way to it through the user's files, a hint, and what else is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import simobjects
from simobjects import ConfigError, Core440, GuestKernel, HardwareTLB, Simulation, System, TraceWorkload
from simobjects.base.errors import ExitCode
from simobjects.study.config_script import ConfigScriptError, load_system

PACKAGE = Path(simobjects.__file__).parent
HEAD = "from simobjects import *\n"


def failing(folder: Path, text: str) -> str:
    """What is said of a script of these lines."""
    script = folder / "machine.py"
    script.write_text(HEAD + text)
    with pytest.raises(ConfigScriptError) as caught:
        load_system(script)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = (\nfoo bar\n", "2: SyntaxError: '(' was never closed\n    x = (\n        ^"),
        ("system = Sytem()\n", "2: NameError: name 'Sytem' is not defined; did you mean 'System'?"),
        ("import simobject\n", "2: ModuleNotFoundError: No module named 'simobject'; did you mean 'simobjects'?"),
        ("x = [].apend\n", "2: AttributeError: 'list' object has no attribute 'apend'; did you mean 'append'?"),
        (
            "def make():\n    return qwzx\n\nsystem = make()\n",
            "3: NameError: name 'qwzx' is not defined\n  machine.py:5: system = make()\n  machine.py:3: return qwzx",
        ),
        ("system = Sytsem\n", "2: NameError: name 'Sytsem' is not defined; did you mean 'System'?"),
        (
            "from simobjects.kvm import HostKernle\n",
            "2: ImportError: cannot import name 'HostKernle' from 'simobjects.kvm' (PACKAGE/kvm/__init__.py); "
            "did you mean `from simobjects import HostKernel`?",
        ),
        (
            "import simobjects.kvm\nsimobjects.kvm.HostKernel()\n",
            "3: AttributeError: module 'simobjects.kvm' has no attribute 'HostKernel'; "
            "did you mean `from simobjects import HostKernel`?",
        ),
        (
            "import simobjects\nsimobjects.HostKernle()\n",
            "3: AttributeError: module 'simobjects' has no attribute 'HostKernle'; did you mean 'HostKernel'?",
        ),
        ("class Own(BaseException):\n    pass\nraise Own('x')\n", "4: Own: x"),
        ("raise GeneratorExit\n", "2: GeneratorExit: "),
        ("class Mute(Exception):\n    def __str__(self):\n        raise OSError\nraise Mute\n", "5: Mute: "),
        ("import json\njson.loads('x')\n", "3: JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_the_place_and_what_was_perhaps_meant(tmp_path: Path, text: str, told: str) -> None:
    assert failing(tmp_path, text) == f"machine.py:{told}".replace("PACKAGE", str(PACKAGE))


def test_a_name_that_was_not_imported(tmp_path: Path) -> None:
    script = tmp_path / "machine.py"
    script.write_text("system = Systm()\n")
    with pytest.raises(ConfigScriptError, match="did you mean `from simobjects import System`"):
        load_system(script)


def test_a_librarys_compiled_modules_are_not_the_users(tmp_path: Path) -> None:
    """They name their texts from the library's folder on, and Python finds these along `sys.path`."""
    told = failing(tmp_path, "import pyarrow\npyarrow.ipc.open_file(b'x' * 100)\n")
    assert told.startswith("machine.py:3: ArrowInvalid: ")
    assert "pxi" not in told


def test_frames_are_those_of_the_users_files(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def part(x):\n    return 1 / x\n")
    call = "reduce(lambda a, b: beside.part(b), [1, 0])"
    told = failing(tmp_path, f"import beside\nfrom functools import reduce\n{call}\n")
    assert told.splitlines() == [
        "beside.py:2: ZeroDivisionError: division by zero",
        f"  machine.py:4: {call}",
        f"  machine.py:4: {call}",
        "  beside.py:2: return 1 / x",
    ]


def test_all_mistakes_are_reported_when_one_is_read_back(tmp_path: Path) -> None:
    script = tmp_path / "machine.py"
    script.write_text(
        HEAD
        + "system = System()\n"
        + "system.tlb = HardwareTLB(entires=3, entries=0)\n"
        + 'system.core = Core440(worklod=TraceWorkload("sqlite"))\n'
        + 'system.memory = "12XB"\n'
        + "system.clock = -1\n"
        + "print(system.core.workload.trace)\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_system(script)
    subjects = [problem.subject for problem in caught.value.problems]
    assert set(subjects[:-1]) == {
        "system.tlb.entries", "system.tlb.entires", "system.core.worklod", "system.memory", "system.clock",
    }  # fmt: skip
    assert len(subjects) == 6
    last = caught.value.problems[-1]
    assert last.subject.endswith("machine.py:7")
    assert last.fix == "mend the others first; it ended with AttributeError: 'NoneType' object has no attribute 'trace'"


def machine(trace: str = "sqlite", entries: int = 64) -> System:
    system = System(clock="400MHz")
    system.core = Core440(workload=TraceWorkload(trace))
    system.tlb = HardwareTLB(entries)
    system.guest = GuestKernel(era="2.6.29")
    system.core.exceptions = system.guest.vectors
    return system


def test_a_port_left_open_is_one_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(machine())
    assert [problem.subject for problem in caught.value.problems] == ["system.core.translation"]


@pytest.mark.parametrize(
    ("trace", "entries", "code"),
    [("./no.arrow", 64, ExitCode.BAD_INPUT), ("./no.arrow", 0, ExitCode.USAGE), ("sqlite", 0, ExitCode.USAGE)],
)
def test_a_missing_input_has_the_status_of_one(trace: str, entries: int, code: ExitCode) -> None:
    """With a mistake of the script beside it, the mistake counts."""
    system = machine(trace, entries)
    system.core.translation = system.tlb.core_side
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    assert caught.value.exit_code is code


def test_the_first_parameter_needs_no_name_where_it_is_clear() -> None:
    assert HardwareTLB(64).entries == 64
    with pytest.raises(TypeError, match=r"Core440\(3\): give parameters by name, such as Core440\(\w+=\.\.\.\)"):
        Core440(3)
