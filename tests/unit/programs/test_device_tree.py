# SPDX-License-Identifier: BSD-3-Clause
"""Device trees: made from a machine, filled in, written so that others can read them."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from simobjects import UART16550, UIC
from simobjects.base.files import read_regular
from simobjects.ppc440.bus import BusDevice
from simobjects.ppc440.tree_node import BoardTree, TreeNode
from simobjects.programs.device_tree import Facts, fill_tree, make_tree
from simobjects.programs.elf_program import LARGEST_TREE
from simobjects.programs.flat_tree import read_tree, write_tree
from simobjects.programs.image import ProgramError
from tests.helpers.small_programs import STAY, elf_file, machine

DEVICES = [UART16550(address=0xEF600400, irq=1), UART16550(address=0xEF600300), UIC()]
FACTS = Facts(
    memory=128 << 20,
    clock=400_000_000,
    timebase=200_000_000,
    bootargs="console=ttyS0",
    initrd=(0x1900000, 0x1900800),
)
BLOB = write_tree(make_tree(DEVICES, FACTS))


def test_what_is_written_is_read_back() -> None:
    tree = make_tree(DEVICES, FACTS)
    assert read_tree(write_tree(tree), "again") == tree


def test_a_made_tree_says_what_the_machine_is() -> None:
    tree = make_tree(DEVICES, FACTS)
    assert tree.children["memory"].properties["reg"] == bytes(8) + (128 << 20).to_bytes(4, "big")
    cpu = tree.children["cpus"].children["cpu@0"]
    assert cpu.cell("timebase-frequency", 0) == 200_000_000
    chosen = tree.children["chosen"].properties
    assert chosen["bootargs"] == b"console=ttyS0\0"
    assert chosen["linux,initrd-end"] == b"\x01\x90\x08\x00"
    assert chosen["stdout-path"] == b"/plb/serial@ef600300\0"
    assert set(tree.children["plb"].children) == {"serial@ef600300", "serial@ef600400"}


def test_a_device_of_a_user_writes_its_own_node() -> None:
    class Clock(BusDevice):
        def write_node(self, tree: BoardTree) -> None:
            tree.bus.child("rtc@50000000").set("compatible", "own,clock")

    tree = make_tree([*DEVICES, Clock()], FACTS)
    assert tree.children["plb"].children["rtc@50000000"].properties == {"compatible": b"own,clock\0"}


def test_a_port_without_a_controller_has_no_interrupt() -> None:
    port = make_tree([UART16550()], FACTS).children["plb"].children["serial@ef600300"]
    assert "interrupts" not in port.properties


def test_filling_in_replaces_what_a_tree_said() -> None:
    tree = make_tree(DEVICES, FACTS)
    fill_tree(tree, Facts(memory=64 << 20, clock=1, timebase=2, bootargs=""))
    chosen = tree.children["chosen"].properties
    assert chosen["bootargs"] == b"console=ttyS0\0", "arguments that are not given stay"
    assert "linux,initrd-start" not in chosen
    assert tree.children["memory"].properties["reg"][8:] == (64 << 20).to_bytes(4, "big")


def test_new_properties_come_first_as_boot_loaders_put_them() -> None:
    tree = make_tree(DEVICES, Facts(memory=64 << 20, clock=1, timebase=2, bootargs="x"))
    before = list(tree.children["chosen"].properties)
    fill_tree(tree, FACTS)
    assert list(tree.children["chosen"].properties) == ["linux,initrd-end", "linux,initrd-start", *before]


def test_a_tree_takes_as_much_room_as_it_is_given() -> None:
    tree = make_tree(DEVICES, FACTS)
    larger = write_tree(tree, 4096)
    assert len(larger) == int.from_bytes(larger[4:8], "big") == 4096
    assert larger[8 : len(BLOB)] == BLOB[8:]
    assert not any(larger[len(BLOB) :])
    assert read_tree(larger, "larger") == tree
    assert write_tree(tree, 10) == BLOB, "it has what it needs"


def test_a_blob_is_given_as_it_is_when_it_is_not_to_be_filled_in(tmp_path: Path) -> None:
    blob = write_tree(make_tree(DEVICES, FACTS)) + bytes(12)
    (tmp_path / "board.dtb").write_bytes(blob)
    elf = elf_file(tmp_path / "p.elf", [STAY])
    for fill in (False, True):
        system = machine(elf, device_tree=str(tmp_path / "board.dtb"), fill_device_tree=fill)
        placed = dict(system.core.workload.placed())
        assert (placed["device_tree"].data == blob) is not fill


def test_a_memory_node_with_an_address_and_one_cell() -> None:
    tree = TreeNode()
    tree.set("#address-cells", 1)
    tree.child("memory@0").set("reg", 0, 1)
    fill_tree(tree, FACTS)
    assert list(tree.children) == ["memory@0", "chosen"]
    assert tree.children["memory@0"].properties["reg"] == bytes(4) + (128 << 20).to_bytes(4, "big")


@pytest.mark.skipif(shutil.which("dtc") is None, reason="no device tree compiler; apt-get install device-tree-compiler")
def test_the_compiler_reads_it() -> None:
    done = subprocess.run(
        ["dtc", "-q", "-I", "dtb", "-O", "dtb", "-V", "17", "-"], input=BLOB, capture_output=True, check=True
    )
    assert read_tree(done.stdout, "dtc") == make_tree(DEVICES, FACTS)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is no device tree blob"),
        (b"\x7fELF" + bytes(60), "is no device tree blob"),
        (write_tree(TreeNode())[:-2], "is a damaged device tree"),
        (BLOB[:60] + b"\xff\xff\xff\xff" + BLOB[64:], "damaged"),
    ],
)
def test_what_is_no_tree_is_told(data: bytes, what: str) -> None:
    with pytest.raises(ProgramError, match=what):
        read_tree(data, "board.dtb")


def test_a_bottomless_tree_is_refused() -> None:
    root = node = TreeNode()
    for _ in range(70):
        node = node.child("n")
    with pytest.raises(ProgramError, match="more than 64 deep"):
        read_tree(write_tree(root), "deep.dtb")


def test_names_that_share_their_bytes_take_no_more_memory_than_the_file() -> None:
    """Properties of 12 bytes each, whose names all end where one very long one does."""
    long = 100_000
    strings = b"a" * long + b"\0"
    properties = b"".join(struct.pack(">3I", 3, 0, at) for at in range(5_000))
    structure = struct.pack(">2I", 1, 0) + properties + struct.pack(">2I", 2, 9)
    behind = 40 + len(structure)
    head = struct.pack(">10I", 0xD00DFEED, behind + len(strings), 40, behind, 0, 17, 16, 0, 0, 0)
    tracemalloc.start()
    with pytest.raises(ProgramError, match="a name that does not end within 255 characters at byte"):
        read_tree(head + structure + strings, "board.dtb")
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_a_tree_of_any_size_is_not_read(tmp_path: Path) -> None:
    blob = tmp_path / "large.dtb"
    with blob.open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(OSError, match="More than 16777216 bytes"):
        read_regular(blob, LARGEST_TREE)
