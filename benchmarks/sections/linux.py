# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux: whole commands, from their first import to the run directory, beside QEMU from start to restart."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmarks import qemu
from benchmarks.cost import told
from benchmarks.row import Cost, Goal, Row, Section
from benchmarks.sections.programs import QEMU, qemu_rows
from benchmarks.setting import Setting
from simobjects import LinuxGuest, Simulation
from simobjects.boards import bamboo
from simobjects.linux.linux_guest import BOOTARGS
from simobjects.linux.products import INITRAMFS, KERNEL

WHOLE, ENGINE = "whole command", "engine"
GOALS = {"init": (1 / 0.15, 12.0), "busybox": (1.0, 1.0)}
"""Times QEMU's CPU time, by what the guest is called: the whole command, the engine alone."""
ENGINE_CODE = """
import sys, time
from simobjects import LinuxGuest, Simulation
from simobjects.boards import bamboo
sim = Simulation(bamboo(LinuxGuest(built=sys.argv[1]), memory="128MiB"))
begin = time.process_time()
sim.run_all()
print(time.process_time() - begin, sim.stats.count("system.core.instructions"))
"""


def linux_sections(setting: Setting) -> list[Section]:
    """One of each guest; without any, one that says how to get it."""
    plugin = qemu.compile_plugin(setting.folder) if qemu.available() else None
    if not setting.guests:
        how = "simobjects guest build; then ROWS='linux*' BENCH='--guest init=guest'"
        rows = [Row(WHOLE, "run configs/examples/linux.py", None, missing=how)]
        return [Section("linux-init", "Linux", "No guest was named.", rows)]
    return [_section(name, folder, setting, plugin) for name, folder in setting.guests.items()]


def _section(name: str, folder: Path, setting: Setting, plugin: Path | None) -> Section:
    kernel, initrd = folder / KERNEL, folder / INITRAMFS
    tree = device_tree(folder)
    whole, engine = GOALS.get(name, (None, None))

    def command() -> Cost:
        arguments = ["run", "configs/examples/linux.py", "--set", f"system.core.workload.built={folder.resolve()}",
                     "--out", str(setting.folder / "runs")]  # fmt: skip
        seconds, _, messages = told([sys.executable, "-m", "simobjects", *arguments])
        assert re.search(r"\d+ references, \d+ cycles in", messages), messages[-300:]
        return Cost(seconds)

    def alone() -> Cost:
        _, printed, _ = told([sys.executable, "-c", ENGINE_CODE, str(folder.resolve())])
        seconds, instructions = printed.split()
        return Cost(float(seconds), int(instructions))

    rows = [
        Row(WHOLE, "`simobjects run`: imports, checks, the run, its directory", command,
            goal=Goal(least=round(whole, 2), to=QEMU) if whole else None),
        Row(ENGINE, "what of it executes", alone, goal=Goal(least=engine, to=QEMU) if engine else None),
        *qemu_rows(
            lambda *options: qemu.linux_seconds(kernel, initrd, BOOTARGS, tree, setting.folder, *options), 0, plugin
        ),
    ]  # fmt: skip
    intro = f"From the first instruction to the restart: {kernel.name} and {initrd.name} of the guest `{name}`."
    return Section(f"linux-{name}", f"Linux: {name}", intro, rows, (QEMU,), 1.0, "runs")


def device_tree(folder: Path) -> bytes:
    """Of the board that the guest is booted on, as our machine hands it to its kernel."""
    system = bamboo(LinuxGuest(built=str(folder)), memory="128MiB")
    Simulation(system)
    program = system.core.workload
    assert isinstance(program, LinuxGuest)
    return bytes(next(segment.data for name, segment in program.placed() if name == "device_tree"))
