# SPDX-License-Identifier: BSD-3-Clause
"""Device trees: made from a machine, filled in, written so that others can read them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from simobjects.ppc440.image import ProgramError
from simobjects.programs.device_tree import MachineFacts, SerialPort, fill_tree, make_tree
from simobjects.programs.flat_tree import TreeNode, read_tree, write_tree

FACTS = MachineFacts(
    memory=128 << 20,
    clock=400_000_000,
    timebase=200_000_000,
    serial=[SerialPort(0xEF600300, 0), SerialPort(0xEF600400, 1)],
    controller_dcr=0xC0,
    bootargs="console=ttyS0",
    initrd=(0x1900000, 0x1900800),
)


def test_what_is_written_is_read_back() -> None:
    tree = make_tree(FACTS)
    assert read_tree(write_tree(tree), "again") == tree


def test_a_made_tree_says_what_the_machine_is() -> None:
    tree = make_tree(FACTS)
    assert tree.children["memory"].properties["reg"] == bytes(8) + (128 << 20).to_bytes(4, "big")
    cpu = tree.children["cpus"].children["cpu@0"]
    assert cpu.cell("timebase-frequency", 0) == 200_000_000
    chosen = tree.children["chosen"].properties
    assert chosen["bootargs"] == b"console=ttyS0\0"
    assert chosen["linux,initrd-end"] == b"\x01\x90\x08\x00"
    assert chosen["stdout-path"] == b"/plb/serial@ef600300\0"
    assert set(tree.children["plb"].children) == {"serial@ef600300", "serial@ef600400"}


def test_filling_in_replaces_what_a_tree_said() -> None:
    tree = make_tree(FACTS)
    fill_tree(tree, MachineFacts(memory=64 << 20, clock=1, timebase=2, bootargs=""))
    chosen = tree.children["chosen"].properties
    assert chosen["bootargs"] == b"console=ttyS0\0", "arguments that are not given stay"
    assert "linux,initrd-start" not in chosen
    assert tree.children["memory"].properties["reg"][8:] == (64 << 20).to_bytes(4, "big")


def test_a_memory_node_with_an_address_and_one_cell() -> None:
    tree = TreeNode()
    tree.set("#address-cells", 1)
    tree.child("memory@0").set("reg", 0, 1)
    fill_tree(tree, FACTS)
    assert list(tree.children) == ["memory@0", "chosen"]
    assert tree.children["memory@0"].properties["reg"] == bytes(4) + (128 << 20).to_bytes(4, "big")


@pytest.mark.skipif(shutil.which("dtc") is None, reason="no device tree compiler; apt-get install device-tree-compiler")
def test_the_compiler_reads_it() -> None:
    blob = write_tree(make_tree(FACTS))
    done = subprocess.run(
        ["dtc", "-q", "-I", "dtb", "-O", "dtb", "-V", "17", "-"], input=blob, capture_output=True, check=True
    )
    assert read_tree(done.stdout, "dtc") == make_tree(FACTS)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is no device tree blob"),
        (b"\x7fELF" + bytes(60), "is no device tree blob"),
        (write_tree(TreeNode())[:-2], "is a damaged device tree"),
        (write_tree(make_tree(FACTS))[:60] + b"\xff\xff\xff\xff" + write_tree(make_tree(FACTS))[64:], "damaged"),
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
