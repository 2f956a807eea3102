# SPDX-License-Identifier: BSD-3-Clause
"""Importing lackey's text: order, renumbering, refusals."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from simobjects.traces.header import TraceHeader
from simobjects.traces.lackey import Renumber, import_lackey
from simobjects.traces.tracefile import TraceError, iter_columns


def imported(
    tmp_path: Path, text: str, renumber: Renumber = "auto", references: int | None = None
) -> tuple[list[tuple[int, ...]], TraceHeader]:
    out = tmp_path / "t.arrow"
    header = import_lackey(io.BytesIO(text.encode()), out, renumber=renumber, references=references)
    rows = [tuple(map(int, row)) for columns in iter_columns(out) for row in zip(*columns, strict=True)]
    return rows, header


def test_an_access_belongs_to_the_instruction_before_it(tmp_path: Path) -> None:
    rows, header = imported(
        tmp_path, "==1== banner\nI  00400000,3\nI  00400003,3\n L 00600000,4\nI  00400006,2\n S 00600008,4\n"
    )
    assert rows == [(0x400, 0x600, 0, 1, 2), (0x400, 0x600, 1, 1, 1)]
    assert (header.instructions, header.loads, header.stores, header.lookups) == (3, 1, 1, 5)
    assert (header.importer, header.architecture, header.address_map) == ("lackey", "unknown", "none")


def test_modify_is_a_load_then_a_store_of_one_instruction(tmp_path: Path) -> None:
    rows, header = imported(tmp_path, "I  00400000,3\n M 00600000,4\n")
    assert rows == [(0x400, 0x600, 0, 1, 1), (0x400, 0x600, 1, 1, 0)]
    assert (header.loads, header.stores) == (1, 1)


def test_crossings_are_two_lookups_lower_page_first(tmp_path: Path) -> None:
    rows, header = imported(tmp_path, "I  00400ffe,4\n M 00600ffc,8\n")
    assert rows == [
        (0x400, 0, 0, 0, 1),
        (0x401, 0x600, 0, 1, 1),
        (0x401, 0x601, 0, 1, 0),
        (0x401, 0x600, 1, 1, 0),
        (0x401, 0x601, 1, 1, 0),
    ]
    assert (header.instructions, header.accesses, header.crossings, header.lookups) == (1, 2, 3, 6)


def test_equal_accesses_join_while_their_instructions_are_as_many(tmp_path: Path) -> None:
    two = "I  00400000,3\nI  00400003,3\n L 00600000,4\n"
    one = "I  00400006,3\n L 00600000,4\n"
    rows, _ = imported(tmp_path, two * 3 + one * 2 + " L 00600000,4\n L 00600004,4\nI  00400000,1\n")
    assert rows == [
        (0x400, 0x600, 0, 3, 6),
        (0x400, 0x600, 0, 2, 2),
        (0x400, 0x600, 0, 2, 0),
        (0x400, 0, 0, 0, 1),
    ]


def test_long_runs_are_split(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, "I  00400000,3\n L 00600000,4\n" * 65_536)
    assert [row[3:] for row in rows] == [(65535, 65535), (1, 1)]


def test_wide_addresses_renumber_everything(tmp_path: Path) -> None:
    """Also what came before the first wide one; the place inside the 1 MiB chunk stays."""
    text = (
        "I  00401000,3\nI  004ff000,3\n L 00600000,4\n S 1fff000688,8\nI  00402000,3\n S 1fffe45000,8\n L 0060f000,1\n"
    )
    rows, header = imported(tmp_path, text)
    assert rows == [
        (0x10001, 0, 0, 0, 1),
        (0x100FF, 0x10100, 0, 1, 1),
        (0x100FF, 0x10200, 1, 1, 0),
        (0x10002, 0x10345, 1, 1, 1),
        (0x10002, 0x1010F, 0, 1, 0),
    ]
    assert header.address_map == (
        "renumbered in aligned 1 MiB chunks in order of first touch from 0x10000000 up (4 chunks)"
    )


def test_renumbering_on_demand(tmp_path: Path) -> None:
    rows, header = imported(tmp_path, "I  c0000000,3\n L 00600000,4\n", "always")
    assert rows == [(0x10000, 0x10100, 0, 1, 1)]
    assert header.importer == "lackey --renumber always"
    assert imported(tmp_path, "I  c0000000,3\n L 00600000,4\n", "never")[0] == [(0xC0000, 0x600, 0, 1, 1)]


def test_references_limit(tmp_path: Path) -> None:
    rows, header = imported(tmp_path, "I  00400000,3\n M 00600000,4\nI  00400000,3\nnot read\n", references=2)
    assert rows == [(0x400, 0x600, 0, 1, 1), (0x400, 0x600, 1, 1, 0)]  # the line that reaches it is kept whole
    assert header.importer == "lackey --references 2"


def test_carriage_returns_and_no_last_newline(tmp_path: Path) -> None:
    assert imported(tmp_path, "I  00400000,3\r\n L 00600000,4")[0] == [(0x400, 0x600, 0, 1, 1)]


GOOD = "==7== x\nI  00400000,3\n"


@pytest.mark.parametrize(
    "line",
    [
        "hello", "I 00400000,3", "I  ,3", "I  00400000", "I  00400000,", "I  00400000,3 ", "I  0040000g,3",
        " X 00400000,3", "I  00400000,0", "I  00400000,4097", " L 11223344556677889,4", " L ffffffffffffffff,2",
        "L  00400000,4", "\0", "=",
    ],
)  # fmt: skip
def test_garbage_is_named_with_line_and_offset(tmp_path: Path, line: str) -> None:
    with pytest.raises(TraceError) as caught:
        imported(tmp_path, f"{GOOD}{line}\nI  00400000,3\n")
    assert str(caught.value) == (
        f"the input stream: byte offset {len(GOOD)}: line 3: this is no line of lackey's memory trace: {line!a}\n"
        "  fix: give the output of 'valgrind --tool=lackey --trace-mem=yes --log-file=FILE' "
        "(a log file keeps the program's own output out); see also renumber"
    )
    assert list(tmp_path.iterdir()) == []


def test_long_garbage_is_not_collected(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"line 3: this is no line of lackey's memory trace: 'x{60}'\.\.\."):
        imported(tmp_path, GOOD + "x" * 3_000_000)


def test_too_many_chunks(tmp_path: Path) -> None:
    text = "".join(f" L {0x100000000 + (i << 20):x},4\n" for i in range(2817))
    header = imported(tmp_path, text[: text.rindex(" L")])[1]
    assert "(2816 chunks)" in header.address_map
    with pytest.raises(TraceError, match="line 2817: more than 2816 different 1 MiB chunks are touched"):
        imported(tmp_path, text)


def test_wide_with_renumbering_off(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="line 1: the address needs more than 32 bits, and renumbering is off"):
        imported(tmp_path, " L 1ffffffff,4\n", "never")
    with pytest.raises(ValueError, match="renumber is 'no', expected one of auto, always, never"):
        imported(tmp_path, "", "no")  # type: ignore[arg-type]


def test_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="there are no records to write"):
        imported(tmp_path, "==7== only a banner\n")
    assert list(tmp_path.iterdir()) == []
