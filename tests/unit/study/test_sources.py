# SPDX-License-Identifier: BSD-3-Clause
"""The Python of a script that runs in its machine names the run; the rest of the script does not."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import simobjects.guest.linux_2_6_29
import simobjects.guest.linux_6_1  # noqa: F401  (both are in the table of eras, whatever ran before)
from simobjects import HardwareTLB
from simobjects.framework.checkpoint import CheckpointError
from simobjects.guest.eras import ERAS, Era, register_era
from simobjects.study.config_script import build, load
from simobjects.study.execute import Limits, run_to_end
from simobjects.study.plan import Sweep
from simobjects.study.space import parse_space
from simobjects.study.sweep import run_sweep

HEAD = """
from simobjects import *
from simobjects.framework import SimObject

def machine(scheme=None, **guest):
    system = System(clock="400MHz", memory="256MiB")
    system.costs = CostModel()
    system.core = Core440(workload=SyntheticWorkload(code_pages=12, data_pages=90, records=400, seed=3))
    system.tlb = HardwareTLB(entries=64)
    system.guest = GuestKernel(io_every=4_000, **guest)
    system.guest_tlb = GuestTLB(entries=64)
    system.host = HostKernel(scheme=scheme) if scheme else HostKernel()
    system.core.translation = system.tlb.core_side
    system.core.exceptions = system.host.exits
    return system
"""
OWN = """
class Own(PythonScheme):
    class running(RunningScheme):
        def choose(self, index, ea):
            return {body}

system = machine(Own())
"""
ERA = """
from simobjects.guest.eras import ERAS, Era, register_era
from simobjects.guest.steps import run

def scripts(at, kuap):
    return {{event: (run({count}), *steps) for event, steps in ERAS["2.6.29"].scripts(at, kuap).items()}}

register_era(Era("mine for a test", "", scripts))
"""
MINE = """
from simobjects import HardwareTLB

class Mine(HardwareTLB):
    def make_peer(self):
        self.note("{text}")
        return super().make_peer()
"""
TLB = "system = machine()\nsystem.tlb = Mine(entries=64)\nsystem.core.translation = system.tlb.core_side\n"
PRINT = """
from pathlib import Path
from simobjects.study.config_script import build
print(build(Path("s.py"), {}).config_hash)
"""
Files = dict[str, str]


def write(folder: Path, files: Files) -> Path:
    """The script `s.py` of these files in `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + text if name == "s.py" else text)
    return folder / "s.py"


def name_of(folder: Path, files: Files) -> str:
    """The hash of the machine that the files describe."""
    return build(write(folder, files), {}).config_hash


def outcome(folder: Path, files: Files) -> tuple[str, dict[str, int]]:
    """The hash of the machine, and its exits."""
    simulation = build(write(folder, files), {})
    run_to_end(simulation, Limits())
    return simulation.config_hash, simulation.stats.counts("system.host.exits_by_kind")


PAIRS: dict[str, tuple[Files, Files]] = {
    "body of a hook": (
        {"s.py": OWN.format(body="self.next_slot()")},
        {"s.py": OWN.format(body="index % 3")},
    ),
    "file beside the script": (
        {"s.py": "import rate\n" + OWN.format(body="index % rate.RATE"), "rate.py": "RATE = 3\n"},
        {"s.py": "import rate\n" + OWN.format(body="index % rate.RATE"), "rate.py": "RATE = 7\n"},
    ),
    "file that a file beside it imports": (
        {
            "s.py": "from own.slots import slot\n" + OWN.format(body="slot(index)"),
            "own/slots.py": "from . import rate\nfrom .deep.more import extra\n"
            "def slot(index): return index % rate.RATE + extra\n",
            "own/rate.py": "RATE = 3\n",
            "own/deep/more.py": "extra = 1\n",
        },
        {"own/deep/more.py": "extra = 4\n"},
    ),
    "name taken from a file": (
        {"s.py": "from rate import RATE\n" + OWN.format(body="index % RATE"), "rate.py": "RATE = 3\n"},
        {"rate.py": "RATE = 7\n"},
    ),
    "files that change places": (
        {
            "s.py": "import one, two\n" + OWN.format(body="index % one.RATE + two.RATE"),
            "one.py": "RATE = 3\n",
            "two.py": "RATE = 9\n",
        },
        {"one.py": "RATE = 9\n", "two.py": "RATE = 3\n"},
    ),
    "base class from beside the script": (
        {
            "s.py": "from base import Base\nclass Own(PythonScheme):\n    running = Base\nsystem = machine(Own())\n",
            "base.py": "from simobjects import RunningScheme\n"
            "class Base(RunningScheme):\n    step = 3\n    def choose(self, index, ea): return index % self.step\n",
        },
        {
            "base.py": "from simobjects import RunningScheme\n"
            "class Base(RunningScheme):\n    step = 7\n    def choose(self, index, ea): return index % self.step\n",
        },
    ),
    "constant of a class without functions": (
        {
            "s.py": "from base import Base\n"
            "class Own(PythonScheme):\n    class running(Base):\n        step = 3\nsystem = machine(Own())\n",
            "base.py": "from simobjects import RunningScheme\n"
            "class Base(RunningScheme):\n    step = 5\n    def choose(self, index, ea): return index % self.step\n",
        },
        {
            "s.py": "from base import Base\n"
            "class Own(PythonScheme):\n    class running(Base):\n        step = 7\nsystem = machine(Own())\n",
        },
    ),
    "value that the text takes from another file": (
        {
            "s.py": "from pathlib import Path\nRATE = int(Path(__file__).with_name('rate.txt').read_text())\n"
            + OWN.format(body="index % RATE"),
            "rate.txt": "3",
        },
        {"rate.txt": "7"},
    ),
    "closure": (
        {
            "s.py": "from pathlib import Path\n"
            "def own(rate):\n    class running(RunningScheme):\n"
            "        def choose(self, index, ea): return index % rate\n"
            "    return type('Own', (PythonScheme,), {'running': running, '__module__': __name__})\n"
            "system = machine(own(int(Path(__file__).with_name('rate.txt').read_text()))())\n",
            "rate.txt": "3",
        },
        {"rate.txt": "7"},
    ),
    "text without a file": (
        {
            "s.py": "from pathlib import Path\n"
            "exec(Path(__file__).with_name('text').read_text())\nsystem = machine(Own())\n",
            "text": OWN.format(body="index % 3").replace("system =", "unused ="),
        },
        {"text": OWN.format(body="index % 7").replace("system =", "unused =")},
    ),
    "era": (
        {
            "s.py": "import mine\nsystem = machine(era='mine for a test')\n",
            "mine.py": ERA.format(count=5),
        },
        {
            "mine.py": ERA.format(count=9),
        },
    ),
    "class on one of ours": (
        {"s.py": "from put import Mine\n" + TLB, "put.py": MINE.format(text="3")},
        {"put.py": MINE.format(text="7")},
    ),
}
NO_OTHER_NUMBERS = ("era", "class on one of ours")


@pytest.fixture(autouse=True)
def no_era_is_left() -> object:
    """Nor one of another test's: what a function reads from the table of eras is part of its name."""
    others = {name: era for name, era in ERAS.items() if not era.scripts.__module__.startswith("simobjects.")}
    for name in others:
        del ERAS[name]
    yield
    ERAS.pop("mine for a test", None)
    ERAS.update(others)


@pytest.mark.parametrize("what", PAIRS)
def test_what_is_edited_is_seen_in_the_same_process_at_once(tmp_path: Path, what: str) -> None:
    """Same length, same second: nothing that Python keeps of the first text may be taken for the second."""
    before, edit = PAIRS[what]
    first = outcome(tmp_path, before)
    second = outcome(tmp_path, {**before, **edit})
    assert first[0] != second[0]
    if what not in NO_OTHER_NUMBERS:
        assert first[1] != second[1]
    assert outcome(tmp_path, before) == first


@pytest.mark.parametrize("what", PAIRS)
def test_the_name_is_the_same_in_another_folder_and_process(tmp_path: Path, what: str) -> None:
    files = PAIRS[what][0]
    here = name_of(tmp_path / "a", files)
    ERAS.pop("mine for a test", None)
    assert name_of(tmp_path / "b" / "deeper", files) == here
    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=tmp_path / "a",
        env={**os.environ, "PYTHONHASHSEED": "7"},
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout.strip() == here


def test_a_sweep_repeats_what_was_edited(tmp_path: Path) -> None:
    """The case that showed it: 36,460 exits stayed, where a fresh folder gave another number."""

    def exits(out: str, body: str) -> tuple[bool, int]:
        script = write(tmp_path, {"s.py": OWN.format(body=body)})
        done = run_sweep(Sweep(script, parse_space(["system.tlb.entries=64"]), tmp_path / out))
        with (tmp_path / out / "sweep.csv").open(newline="") as table:
            rows = [row for row in csv.DictReader(table) if row["stat"] == "all_exits" and row["window"] == "total"]
        assert [result.status for _, result in done.results] == ["done"]
        return done.results[0][1].skipped, int(rows[0]["value"])

    before, after = "self.next_slot()", "index % 3"
    assert exits("one", before)[0] is False
    assert exits("one", before)[0] is True
    skipped, edited = exits("one", after)
    assert not skipped
    assert exits("two", after) == (False, edited)
    assert exits("two", before)[1] != edited


def test_a_machine_of_our_classes_alone_does_not_depend_on_the_text(tmp_path: Path) -> None:
    plain = name_of(tmp_path, {"s.py": "system = machine()\n"})
    text = "import other\nprint(other.x)  # told\ndef unused(): pass\nsystem = machine()\n"
    files = {"s.py": text, "other.py": "x = 1\n"}
    assert name_of(tmp_path, files) == plain
    assert "source" not in json.dumps(build(tmp_path / "s.py", {}).identity)


def test_the_name_does_not_depend_on_how_the_script_is_started(tmp_path: Path) -> None:
    script = write(tmp_path, {"s.py": PAIRS["closure"][0]["s.py"], "rate.txt": "3"})
    built = build(script, {}).run_name
    script.write_text(script.read_text() + "\nprint(Simulation(system).run_name)\n")
    done = subprocess.run([sys.executable, "s.py"], cwd=tmp_path, text=True, capture_output=True, check=True)
    started = done.stdout.strip()
    assert build(script, {}).run_name == started
    assert started != built, "the file that holds a hook is taken whole"


def test_a_text_that_changed_after_it_was_executed_does_not_name_the_run(tmp_path: Path) -> None:
    from simobjects import Simulation

    files = {"s.py": OWN.format(body="index % 3")}
    old = name_of(tmp_path, files)
    system = load(tmp_path / "s.py", {}, engine=True)
    new = {"s.py": OWN.format(body="index % 7")}
    write(tmp_path, new)
    between = Simulation(system).config_hash
    assert between not in (old, name_of(tmp_path, new))
    write(tmp_path, files)
    assert Simulation(system).config_hash == old


def test_what_hooks_write_while_they_run_does_not_rename_the_run(tmp_path: Path) -> None:
    body = OWN.format(body="self.count(index)").replace(
        "        def choose",
        "        def count(self, index):\n            global CALLS\n            CALLS += 1\n"
        "            SEEN.append(index)\n            return index % 5\n        def choose",
    )
    simulation = build(write(tmp_path, {"s.py": "CALLS = 0\nSEEN = []\n" + body}), {})
    before = simulation.config_hash
    run_to_end(simulation, Limits())
    assert simulation.config_hash == before
    assert build(tmp_path / "s.py", {}).config_hash == before


RICH = """
import random, re, collections, dataclasses, enum, functools, threading, decimal, pathlib, numpy
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Plan:
    steps: list
    how: object = None
class Slots:
    __slots__ = ("a",)
VALUES = [
    {1, 2, "x"}, {"k": [1.5, None, b"x"]}, Colour.RED, Plan([1], max), random.Random(3), re.compile("a+"), Slots(),
    collections.Counter("abca"), collections.deque([1]), functools.partial(int, "3"), threading.Lock(), numpy.arange(5),
    decimal.Decimal("1.5"), pathlib.Path(__file__).parent, {len, max, Plan}, (x for x in "a"), range(4), ..., print,
    collections.namedtuple("Pair", "a b")(1, 2), functools.lru_cache(lambda: RATE), MemorySize, CostModel,
]
VALUES.append(VALUES)
RATE = 3
"""


def test_hooks_may_read_anything(tmp_path: Path) -> None:
    """Values of every kind: the name stays the same where it can, and a changed value deep within changes it."""
    files = {"s.py": RICH.replace("MemorySize, ", "") + OWN.format(body="len(VALUES) and index % RATE")}
    one = name_of(tmp_path / "a", files)
    assert name_of(tmp_path / "b", files) == one
    for old, new in (('Counter("abca")', 'Counter("abcb")'), ("Random(3)", "Random(4)"), ("arange(5)", "arange(6)")):
        assert name_of(tmp_path / "a", {"s.py": files["s.py"].replace(old, new)}) != one


VALUE = "from pathlib import Path\nVALUE = {make}\n" + OWN.format(body="len(str(VALUE)) and 3")


@pytest.mark.parametrize(
    "make",
    [
        "[{'deep': (1, [TEXT])}]",
        "__import__('collections').Counter(TEXT)",
        "__import__('numpy').frombuffer(TEXT.encode(), dtype='u1')",
        "(lambda text: lambda: text)(TEXT)",
        "type('T', (), {'held': TEXT})",
        "type('T', (), {})",
        "frozenset([('a', TEXT)])",
        "__import__('functools').partial(print, TEXT)",
        "{len: TEXT}",
    ],
)
def test_a_value_from_elsewhere_that_a_hook_reads_names_the_run(tmp_path: Path, make: str) -> None:
    text = VALUE.replace("VALUE = {make}", "TEXT = Path(__file__).with_name('t').read_text()\nVALUE = " + make)
    if make == "type('T', (), {})":
        text = text.replace("type('T', (), {})", "type('T', (), {})()\nVALUE.held = TEXT")
    assert name_of(tmp_path, {"s.py": text, "t": "ab"}) != name_of(tmp_path, {"s.py": text, "t": "cd"})


def test_a_file_that_a_hook_imports_late_belongs_to_it(tmp_path: Path) -> None:
    hook = "class Own(PythonScheme):\n    class running(RunningScheme):\n        def choose(self, index, ea):\n"
    for late in ("import rate", "from importlib import import_module; rate = import_module('rate')"):
        text = f"{hook}            {late}\n            return index % rate.RATE\nsystem = machine(Own())\n"
        names = {name_of(tmp_path, {"s.py": text, "rate.py": f"RATE = {rate}\n"}) for rate in (3, 7)}
        assert len(names) == 2


def test_a_parameter_may_be_code(tmp_path: Path) -> None:
    text = (
        "from collections.abc import Callable\nfrom typing import Any\n"
        "class Own(PythonScheme):\n    rule: Any = param(None, 'a rule')\n"
        "    class running(RunningScheme):\n        def choose(self, index, ea): return self.config.rule(index)\n"
        "def {name}(index): return index % {rate}\nsystem = machine(Own(rule={name}))\n"
    )
    first = outcome(tmp_path, {"s.py": text.format(name="one", rate=3)})
    second = outcome(tmp_path, {"s.py": text.format(name="one", rate=7)})
    assert first[0] != second[0] and first[1] != second[1]


def test_a_checkpoint_of_another_text_is_refused(tmp_path: Path) -> None:
    def script(text: str) -> Path:
        return write(tmp_path, {"s.py": MINE.format(text=text) + TLB})

    simulation = build(script("1"), {})
    list(simulation.run(references=500))
    simulation.save(tmp_path / "c")
    build(tmp_path / "s.py", {}).restore(tmp_path / "c")
    other = build(script("2"), {})
    with pytest.raises(CheckpointError, match=r"the Python source of system\.tlb is not that of the checkpoint"):
        other.restore(tmp_path / "c")


def test_a_function_put_into_a_class_of_ours_names_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = name_of(tmp_path, {"s.py": "system = machine()\n"})
    monkeypatch.setattr(HardwareTLB, "elaborate", lambda tlb: tlb.note("mine"))
    assert name_of(tmp_path, {"s.py": "system = machine()\n"}) != plain


def test_a_taken_era_is_refused_and_one_made_again_is_not() -> None:
    def made(count: int) -> Callable[..., object]:
        def scripts(at: object, kuap: bool) -> dict[object, object]:
            return {count: count}

        return scripts

    name = "mine for a test"
    register_era(Era(name, "", made(1)))  # type: ignore[arg-type]
    again = register_era(Era(name, "", made(2)))  # type: ignore[arg-type]
    assert ERAS[name] is again
    with pytest.raises(ValueError, match="already"):
        register_era(again)
    with pytest.raises(ValueError, match="already"):
        register_era(Era(name, "", lambda at, kuap: {}))
    with pytest.raises(ValueError, match="already"):
        register_era(Era("2.6.29", "", made(1)))  # type: ignore[arg-type]
