# SPDX-License-Identifier: BSD-3-Clause
"""Which scripts may be executed one after the other in one process, and that those leave nothing there."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import Core440, HardwareTLB, System
from simobjects.framework import SimObject
from simobjects.study.config_script import RUN_NAME, ConfigScriptError, build
from simobjects.study.plain import NotPlain, plain

EXAMPLES = Path(__file__).parents[3] / "configs" / "examples"
HEAD = """\
from simobjects import Core440, CostModel, GuestKernel, HardwareTLB, Simulation, System, TraceWorkload
from simobjects.boards import NATIVE, bamboo
system = System()
"""
GOOD = [
    "system.core = Core440(workload=TraceWorkload('sqlite'))\nsystem.core.watchdog = 5",
    "for n in range(3):\n    if n == 2:\n        system.tlb = HardwareTLB(entries=32 * n)",
    "sizes = [n + 1 for n in range(3)]\nfirst, *rest = sizes\nsystem.tlb = HardwareTLB(entries=max(sizes))",
    "def tlb(entries: int = 64, more: int | None = None) -> HardwareTLB:\n    return HardwareTLB(entries=entries)\n"
    "system.tlb = tlb(32)",
    "many: int = 8\nsystem.tlb = HardwareTLB(entries=many if many > 4 else 4)",
    "other = bamboo('a.elf')",
    "values = {'entries': 8}\nsystem.tlb = HardwareTLB(**values)",
    "if __name__ == '__main__':\n    import os\n    os.environ['x'] = '1'",
    "name = f'{1 + 1:>4}'",
]
BAD = [
    "import os",
    "from os import environ",
    "import simobjects",
    "from . import beside",
    "from simobjects import *",
    "Core440.kind = 'x'",
    "kind = Core440\nkind.short = 'x'",
    "class Mine(Core440):\n    pass",
    "system.model_fields.clear()",
    "system.__class__.kind = 'x'",
    "system._node = None",
    "system.costs = CostModel(_node=1)",
    "setattr(system, 'clock', 1)",
    "open('/tmp/x', 'w')",
    "print(1)",
    "exec('import os')",
    "__import__('os')",
    "Simulation(system)",
    "range = HardwareTLB",
    "def range(n: int) -> int:\n    return n",
    "def f(range: int) -> int:\n    return range(3)",
    "HardwareTLB = System",
    "fields = system.model_fields\nfields['x'] = 1",
    "fields = system.model_fields\nfields |= {}",
    "del system.clock",
    "global_ = (lambda: 1)()",
    "def f(x: 'exec(1)') -> None:\n    pass",
    "@bamboo\ndef f() -> None:\n    pass",
    "def f() -> None:\n    global system\n",
    "def f() -> None:\n    import os\n",
    "for system.clock in [1]:\n    pass",
    "for x in [1]:\n    from os import environ",
    "(x := 1)",
    "while True:\n    pass",
    "with system:\n    pass",
    "try:\n    pass\nfinally:\n    pass",
    "x = __builtins__",
    "x = [y for y in [1] if open('f')]",
    "if __name__ == '__main__':\n    pass\nelse:\n    import os",
    "async def f() -> None:\n    pass",
    "x = (yield)",
    "raise ValueError",
    "def keep(x: int) -> int:\n    return x\nsystem.hook = keep",
    "type T = int",
]  # fmt: skip


def written(folder: Path, text: str) -> Path:
    script = folder / "script.py"
    script.write_text(text)
    return script


@pytest.mark.parametrize("text", GOOD)
def test_what_only_makes_and_connects_objects_is_plain(tmp_path: Path, text: str) -> None:
    assert plain(written(tmp_path, HEAD + text)) is not None


@pytest.mark.parametrize("text", BAD)
def test_whatever_could_leave_something_is_not(tmp_path: Path, text: str) -> None:
    assert plain(written(tmp_path, HEAD + text)) is None
    late = "def late() -> None:\n    " + text.replace("\n", "\n    ")
    assert plain(written(tmp_path, HEAD + late)) is None


@pytest.mark.parametrize("name", ["kvm_guest", "native", "two_processes", "bare_metal", "program_guest"])
def test_examples_are_plain_and_mean_the_same(name: str) -> None:
    script = EXAMPLES / f"{name}.py"
    found = plain(script)
    assert found is not None
    if name in ("kvm_guest", "native", "two_processes"):  # the others need a program
        plainly = build(script, {}, execute=lambda config: found.execute(RUN_NAME))
        assert plainly.identity == build(script, {}).identity


@pytest.mark.parametrize("name", ["python_scheme", "machine_graph", "commit_claims"])
def test_examples_with_code_of_their_own_are_not(name: str) -> None:
    assert plain(EXAMPLES / f"{name}.py") is None


def test_an_attribute_is_only_assigned_to_a_part_of_a_machine(tmp_path: Path) -> None:
    """What a script gets at through a part may belong to its class: then nothing is assigned at all."""
    script = plain(written(tmp_path, HEAD + "system.tlb = HardwareTLB()\nsystem.tlb.check.kind = 1"))
    assert script is not None
    with pytest.raises(NotPlain, match="method is assigned"):
        script.execute(RUN_NAME)


def test_nothing_of_a_plain_script_is_left(tmp_path: Path) -> None:
    """Classes of ours are as they were, whatever attribute of an object was assigned."""
    names = [name for name in dir(Core440) if not name.startswith("_")]
    names = [name for name in names if not isinstance(getattr(Core440, name, None), property)]  # Python refuses those
    text = "".join(f"system.core.{name} = 'left'\nsystem.tlb.{name} = 'left'\n" for name in names)
    script = plain(written(tmp_path, HEAD + "system.core = Core440()\nsystem.tlb = HardwareTLB()\n" + text))
    assert script is not None
    before = [dict(vars(cls)) for cls in (SimObject, System, Core440, HardwareTLB)]
    script.execute(RUN_NAME)
    assert [dict(vars(cls)) for cls in (SimObject, System, Core440, HardwareTLB)] == before


def test_a_mistake_names_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "x = 1 // 0\n")
    script = plain(path)
    assert script is not None
    with pytest.raises(ConfigScriptError, match=r"script\.py:4: ZeroDivisionError"):
        build(path, {}, execute=lambda config: script.execute(RUN_NAME))


def test_a_changed_script_is_looked_at_again(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD)
    assert plain(path) is not None
    path.write_text("import os\n" + HEAD)
    assert plain(path) is None
