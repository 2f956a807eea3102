# SPDX-License-Identifier: BSD-3-Clause
"""The profiles of the benchmark: whose time is whose, never how much it is."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.naive import compiler
from benchmarks.profile import commands, functions, machines

IMPORT = "<frozen importlib._bootstrap>:_find_and_load"


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ("interpreter:start", "starting and ending Python"),
        (f"a.py:main;/x/simobjects/framework/validate.py:validate;{IMPORT};/x/site-packages/numpy/a.py:<module>",
         "importing libraries"),
        (f"a.py:main;{IMPORT};/x/simobjects/kvm/host.py:<module>;std/dataclasses.py:wrap", "importing our modules"),
        (f"{IMPORT};/x/site-packages/a.py:<module>;{IMPORT};/lib/enum.py:<module>;/lib/enum.py:f",
         "importing Python's own modules"),
        (f"a.py:main;{IMPORT};<frozen importlib._bootstrap_external>:get_code", "finding and reading modules"),
        ("a.py:main;/x/simobjects/framework/validate.py:validate;/x/simobjects/linux/linux_guest.py:check", "checks"),
        ("a.py:main;/x/simobjects/framework/simulation.py:_advance", "the kernels"),
        ("a.py:main;/x/simobjects/framework/rundir.py:write_run;/x/simobjects/draw/route.py:route", "the picture"),
        ("a.py:main;b.py:f", "the rest"),
    ],
)  # fmt: skip
def test_a_sample_belongs_to_the_innermost_part_that_knows_it(stack: str, part: str) -> None:
    assert commands.part_of(stack.split(";")) == part


def test_samples_are_added_up_by_part() -> None:
    lines = ["1.5\tinterpreter:start", "2.000\ta.py:f", "0.5\tinterpreter:end"]
    assert commands.by_part(lines) == {"starting and ending Python": 2.0, "the rest": 2.0}


def test_a_program_and_its_children_are_sampled(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text("""\
import os, time
def busy(seconds):
    while time.process_time() < seconds:
        sum(range(1000))
child = os.fork()
busy(0.15)
if not child:
    os._exit(0)
os.waitpid(child, 0)
""")
    found = commands.profile([sys.executable, str(script)], 1, tmp_path)
    assert 200 < found["the rest"] < 400, "some 150 ms of each, in milliseconds"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("__pyx_f_10simobjects_4cext_4core_4core_4Core__bulk", "Core._bulk"),
        ("__pyx_f_10simobjects_4cext_4core_9processor_take.constprop.0", "take"),
        ("__pyx_pw_10simobjects_4cext_4core_4core_4Core_5lookup", "Core.lookup"),
        ("engine_step", "engine_step"),
        ("mmu_search.part.0", "mmu_search"),
    ],
)
def test_names_are_as_they_are_written(symbol: str, name: str) -> None:
    assert functions.plain(symbol) == name


@pytest.mark.skipif(shutil.which(compiler()[0]) is None, reason="no C compiler to build the sampler with")
def test_ticks_are_of_the_kernel_that_runs(tmp_path: Path) -> None:
    run = machines.machine("s2", "")
    found = functions.functions(run, tmp_path)
    assert sum(found.values()) > 10
    engine = sum(ticks for name, ticks in found.items() if name.startswith(("executing_core", functions.TRANSLATED)))
    assert engine > 0.5 * sum(found.values())
