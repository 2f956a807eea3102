# SPDX-License-Identifier: BSD-3-Clause
"""Programs of Debian packages that are recorded as a set: the same work wherever they are installed.

Each program gets its input from here, a text made of numbers, writes its output into a file that is thrown away, and is
recorded from its start. What is recorded depends on the build of the package and on the computer's architecture, so two
computers need not record the same; a suite names what it is by hashes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simobjects.base.errors import UsageError
from simobjects.base.files import write_whole
from simobjects.base.names import listed, nearest
from simobjects.base.scratch import Scratch
from simobjects.traces.capture import Capture, capture
from simobjects.traces.errors import TraceError

REFERENCES = 20_000_000
"""Instructions, loads and stores of each program, unless said otherwise."""
_LINES = 40_000


@dataclass(frozen=True)
class Program:
    """A program of a Debian package.

    Attributes:
        package: its name.
        command: run in a folder that holds `words.txt` and `files`.
        files: text by name, put into that folder.
    """

    package: str
    command: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)


_SQL = """create table one(a integer primary key, b integer, c text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
insert into one select i, (i * 7919) % 10007, 'row ' || i from n;
create index two on one(b);
.output out.txt
select count(*), sum(x.a * y.a) from one x join one y on x.b = y.b where x.a % 5 = 0;
select c from one order by c desc limit 2000;
"""
_PYTHON = """import json
rows = [line.split() for line in open("words.txt")]
table = {}
for row in rows:
    for word in row:
        table.setdefault(word, []).append(len(word))
print(len(json.dumps(table, sort_keys=True)), file=open("out.txt", "w"))
"""
_PERL = """my %seen; open(my $in, "<", "words.txt"); open(my $out, ">", "out.txt");
while (<$in>) { $seen{$_}++ for split; s/([aeiou])/<$1>/g; print $out $_; }
print $out "$_ $seen{$_}\\n" for sort keys %seen;
"""
_AWK = '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) print w, n[w] > "out.txt" }'

PROGRAMS: Mapping[str, Program] = {
    "sqlite3": Program("sqlite3", ("/usr/bin/sqlite3", ":memory:", ".read q.sql"), {"q.sql": _SQL}),
    "gzip": Program("gzip", ("/bin/gzip", "-k", "words.txt")),
    "sort": Program("coreutils", ("/usr/bin/sort", "--parallel=1", "-S", "8M", "-o", "out.txt", "words.txt")),
    "mawk": Program("mawk", ("/usr/bin/mawk", _AWK, "words.txt")),
    "perl": Program("perl-base", ("/usr/bin/perl", "p.pl"), {"p.pl": _PERL}),
    "python3": Program("python3-minimal", ("/usr/bin/python3", "-I", "-S", "p.py"), {"p.py": _PYTHON}),
}


def chosen(names: Sequence[str]) -> list[str]:
    """The programs of these names, all without any.

    Raises:
        UsageError: one is none of the set.
    """
    for name in names:
        if name not in PROGRAMS:
            near = nearest(name, PROGRAMS)
            fix = f"did you mean {near}?" if near else f"there are: {listed(PROGRAMS)}"
            raise UsageError("is no program of the set", where=name, fix=fix)
    return list(names or PROGRAMS)


def words(lines: int = _LINES) -> str:
    """The text that the programs read: lines of words, the same at each call.

    Args:
        lines: of six words each.
    """
    made, number = [], 12345
    for _ in range(lines):
        line = []
        for _ in range(6):
            number = (number * 1103515245 + 12345) % 2**31
            rank = (number >> 8) % 4001 * ((number >> 20) % 97) // 97
            line.append(
                "".join("aeioubcdfghlmnprst"[(rank >> shift) % 18] for shift in (0, 2, 4, 6, 8)[: 2 + rank % 4])
            )
        made.append(" ".join(line))
    return "\n".join(made) + "\n"


def record(
    name: str, out: str | Path, references: int = REFERENCES, progress: Callable[[int], None] | None = None
) -> Capture:
    """Record one program of the set into a trace file.

    Args:
        name: of `PROGRAMS`.
        out: the trace file.
        references: instructions, loads and stores after which it is stopped.
        progress: called now and then with the references so far.

    Raises:
        TraceError: it or Valgrind is not installed, or the program failed.
    """
    program = PROGRAMS[name]
    if not os.access(program.command[0], os.X_OK):
        raise TraceError(program.command[0], "is not installed", fix=f"sudo apt-get install {program.package}")
    with Scratch() as scratch:
        folder = scratch.path
        for file, text in {"words.txt": words(), **program.files}.items():
            write_whole(folder / file, text.encode("ascii"))
        done = capture(program.command, Path(out).absolute(), references=references, progress=progress, folder=folder)
    if done.exit_status:
        raise TraceError(program.command[0], f"ended with exit code {done.exit_status}", fix="is the package whole?")
    return done
