# SPDX-License-Identifier: BSD-3-Clause
"""Compiled C programs: what they print does not depend on the optimisation, nor on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential import compiled
from tests.differential.machines import run_core
from tests.helpers import qemu

# What every level prints. A self-check that fails prints 00000bad instead of a digest.
EXPECTED = """\
bits b66cd5f1
checksums eef1d9ff
sha 3481acda
sorting fb5d4112
numbers 83e561d6
strings a5ebc852
matrices c73bb680
recursion 1aca59c7
floating a1ad3b6e
machine bfcef2ea
allocation 6585195f
records 5e73958e
paging 9b5e9f0e
done
"""


@pytest.mark.parametrize("level", compiled.LEVELS)
def test_programs_print_the_same_on_qemu_at_every_level(level: str, tmp_path: Path) -> None:
    run = qemu.run(compiled.build(level, tmp_path), tmp_path, memory_mib=compiled.MEMORY_MIB)
    assert run.uart.decode() == EXPECTED


@pytest.mark.parametrize("level", compiled.LEVELS)
def test_programs_take_as_many_instructions_on_the_core_as_on_qemu(level: str, tmp_path: Path) -> None:
    """QEMU's time base advances by 0.4 an instruction (icount 0), the core's by one."""
    elf = compiled.build(level, tmp_path)
    theirs = compiled.times(qemu.run(elf, tmp_path, memory_mib=compiled.MEMORY_MIB, icount=0).memory)
    ours = run_core(elf, memory_mib=compiled.MEMORY_MIB)
    assert ours.printed == EXPECTED
    counts = compiled.times(ours.memory)
    assert len(counts) == len(EXPECTED.splitlines()) - 1
    for name, ticks, instructions in zip(EXPECTED.split()[::2], theirs, counts, strict=False):
        print(f"{level} {name} {instructions:,} {ticks / 0.4:,.1f}")
        assert abs(ticks / 0.4 - instructions) <= 5, name
