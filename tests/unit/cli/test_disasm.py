# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects disasm`, and the page of the instructions."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects.cli import main
from simobjects.cli._instructions_page import COMMAND
from simobjects.programs.elf_program import program_file

PAGE = Path(__file__).parents[3] / "docs" / "instructions.md"


def test_words_become_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disasm", "--address", "c0000000", "94210010", "4bfffffc", "4e800020", "00000000"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "c0000000  94210010  stwu    r1,16(r1)",
        "c0000004  4bfffffc  b       0xc0000000",
        "c0000008  4e800020  blr",
        "c000000c  00000000  .long 0x00000000",
    ]


def test_raw_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disasm", "--raw", "7c832378"]) == 0
    assert capsys.readouterr().out == "00000000  7c832378  or      r3,r4,r4\n"


def test_a_raw_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "code.bin"
    image.write_bytes(bytes.fromhex("600000004c00012c"))
    assert main(["disasm", "--binary", str(image)]) == 0
    assert capsys.readouterr().out == "00000000  60000000  nop\n00000004  4c00012c  isync\n"


def test_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    program = PAGE.parents[1] / "tests" / "data" / "baremetal" / "s2_thrash.elf"
    assert main(["disasm", "--elf", str(program)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith(":") for line in lines)
    assert sum("stwu    r1," in line for line in lines) > 1


def test_a_shipped_program_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for name in ("refill", str(program_file("refill"))):
        assert main(["disasm", "--elf", name]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != ""


def test_what_is_no_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, data in (("text.elf", b"hello"), ("cut.elf", b"\x7fELF\x01\x02\x01" + bytes(60))):
        path = tmp_path / name
        path.write_bytes(data)
        assert main(["disasm", "--elf", str(path)]) == 2
        assert name in capsys.readouterr().err


@pytest.mark.parametrize("words", [["xyz"], ["123456789"], []])
def test_what_is_no_word(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disasm", *words]) == 2
    assert "hexadecimal" in capsys.readouterr().err


def test_an_image_of_an_odd_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "code.bin"
    image.write_bytes(b"12345")
    assert main(["disasm", "--binary", str(image)]) == 3
    assert "code.bin: 5 bytes are no whole number of words" in capsys.readouterr().err


def test_the_page_of_the_instructions_is_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disasm", "--markdown"]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8"), (
        f"docs/instructions.md is stale; make it again: {COMMAND} > docs/instructions.md"
    )
