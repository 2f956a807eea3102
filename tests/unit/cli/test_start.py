# SPDX-License-Identifier: BSD-3-Clause
"""Help, the version and mistakes are answered without the libraries that simulate; each command finds its work."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simobjects.cli._graph import WRITERS
from simobjects.cli._main import work
from simobjects.cli.arguments import COMMANDS as ARGUMENTS
from simobjects.cli.arguments import parser
from simobjects.cli.arguments.graph import FORMATS
from simobjects.traces.tracefile import read_header
from tests.reference.ingest import encode_mtr
from tests.unit.cli.conftest import Command

ROOT = Path(__file__).parents[3]
LOOK = """\
import json, sys
before = set(sys.modules)
from simobjects.cli import main
code = main(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(set(sys.modules) - before)]))
"""
LIGHT = ("simobjects.cli", "simobjects.base")
"""What of the project may be imported; of other libraries only Python's own."""


def commands(of: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command, and the commands of a command, by what is written to call it."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                full = f"{name} {word}".strip()
                yield full, inner
                yield from commands(inner, full)


COMMANDS = dict(commands(parser()))


def imported(*arguments: str, look: str = LOOK) -> tuple[int, set[str]]:
    """The exit code of a command line in a fresh process, and the modules that it needed."""
    import json

    done = subprocess.run(
        [sys.executable, "-c", look, *arguments], cwd=ROOT, text=True, capture_output=True, check=True
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--help", 0),
        ("--version", 0),
        ("rum", 2),
        ("run --chekpoint x config.py", 2),
        ("sweep config.py --over a=1 --joobs 3", 2),
        *((f"{name} --help", 0) for name in COMMANDS),
    ],
)
def test_what_runs_nothing_imports_nothing_heavy(words: str, code: int) -> None:
    got, modules = imported(*words.split())
    assert got == code
    assert "simobjects.cli" in modules
    ours = {name for name in modules if name.split(".")[0] == "simobjects"} - {"simobjects"}
    assert sorted(name for name in ours if not name.startswith(LIGHT)) == []
    foreign = {name.split(".")[0] for name in modules} - {"simobjects"}
    assert sorted(foreign - set(sys.stdlib_module_names)) == []


def test_importing_the_package_imports_no_library() -> None:
    code = "import sys; import simobjects; dir(simobjects); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True)
    assert not {"pydantic", "numpy", "pyarrow", "networkx", "matplotlib", "elftools"} & set(done.stdout.split())


RECORDINGS = {
    "mtr": encode_mtr([("static", (0x10000000, 4)), ("access", (0, 0x20000000))]),
    "lackey": b"I  00400000,4\n L 1fff000688,8\n",  # all is renumbered late, and so written twice
}


@pytest.mark.parametrize("kind", RECORDINGS)
def test_an_import_needs_no_library_of_arrays_from_arrow(kind: str, tmp_path: Path) -> None:
    """That of lackey's text uses arrays itself."""
    source, made = tmp_path / "recording", tmp_path / "made.arrow"
    source.write_bytes(RECORDINGS[kind])
    look = LOOK.replace("main(sys.argv[1:])", "main(sys.argv[1:], alone=True)")
    code, modules = imported("trace", "import", str(source), "-o", str(made), look=look)
    assert code == 0
    assert read_header(made).lookups == 2
    heavy = {"numpy", "pandas", "pydantic", "cloudpickle", "networkx"}
    assert sorted({name.split(".")[0] for name in modules} & heavy) == ([] if kind == "mtr" else ["numpy"])


def test_a_run_of_a_trace_that_is_in_the_cache_needs_no_library_of_arrays(tmp_path: Path) -> None:
    words = ("run", "configs/examples/kvm_guest.py", "--references", "1", "--out", str(tmp_path))
    for _ in range(2):  # the first one may have to fill the cache
        code, modules = imported(*words)
        assert code == 0
    heavy = {"numpy", "pyarrow", "pandas", "networkx", "matplotlib", "elftools"}
    assert sorted({name.split(".")[0] for name in modules} & heavy) == []
    others = {f"simobjects.cli.arguments.{name}" for name in ARGUMENTS} & modules
    assert others == {"simobjects.cli.arguments.run"}, "the parser of one command is made"


def test_there_are_the_commands() -> None:
    assert {"run", "sweep", "trace import", "guest build", "demo"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"trace", "guest"}))
def test_every_command_finds_the_function_that_carries_it_out(name: str) -> None:
    named = COMMANDS[name].get_default("work")
    function = work(named)
    assert named == f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def test_the_formats_of_the_pictures_have_writers() -> None:
    assert set(FORMATS) == set(WRITERS)


def test_the_nearest_option_is_named(simobjects: Command) -> None:
    said = simobjects("run", "--chekpoint", "x", "config.py")
    assert said.code == 2
    assert "did you mean --checkpoint?" in said.err
