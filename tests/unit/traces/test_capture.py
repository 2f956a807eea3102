# SPDX-License-Identifier: BSD-3-Clause
"""Recording real programs under Valgrind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from simobjects.traces.capture import architecture_of, capture
from simobjects.traces.lackey import LackeyImport
from simobjects.traces.summary import summarize
from simobjects.traces.tracefile import TraceError, open_trace, read_header

needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="Valgrind is not installed")


@needs_valgrind
def test_a_program_is_recorded_and_keeps_its_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = capture(["sh", "-c", "echo out; echo err >&2; exit 3"], tmp_path / "t.arrow")
    assert (done.exit_status, done.stopped) == (3, "")
    assert capfd.readouterr() == ("out\n", "err\n")
    header = read_header(tmp_path / "t.arrow")
    assert header == done.header
    assert header.source == "sh -c 'echo out; echo err >&2; exit 3'"
    assert header.architecture == architecture_of(Path(shutil.which("sh") or ""))
    assert header.instructions > 50_000
    assert "1 MiB chunks" in header.address_map
    pages = open_trace(tmp_path / "t.arrow").columns
    assert 0x10000 <= pages.fetch_page.min()
    assert max(pages.fetch_page.max(), pages.data_page.max()) < 0xC0000
    assert [path.name for path in tmp_path.iterdir()] == ["t.arrow"]


@needs_valgrind
def test_what_valgrind_writes_is_read_in_large_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes each line by itself; to be woken by each cost half of the time."""
    sizes: list[int] = []
    feed = LackeyImport.feed

    def noted(self: LackeyImport, piece: bytes) -> bool:
        sizes.append(len(piece))
        return feed(self, piece)

    monkeypatch.setattr(LackeyImport, "feed", noted)
    capture(["sh", "-c", "while :; do :; done"], tmp_path / "t.arrow", references=300_000)
    assert sum(sizes) > 3_000_000
    assert sum(sizes) / len(sizes) > 8_192


@needs_valgrind
def test_limit_stops_the_program(tmp_path: Path) -> None:
    seen: list[int] = []
    done = capture(["sh", "-c", "while :; do :; done"], tmp_path / "t.arrow", references=300_000, progress=seen.append)
    assert (done.exit_status, done.stopped) == (None, "limit")
    assert done.header.instructions + done.header.accesses in (300_000, 300_001)
    assert seen == sorted(seen)


@needs_valgrind
def test_a_signal_that_ends_the_program_is_its_exit_status(tmp_path: Path) -> None:
    done = capture(["sh", "-c", "kill -TERM $$"], tmp_path / "t.arrow")
    assert (done.exit_status, done.stopped) == (128 + signal.SIGTERM, "")


@needs_valgrind
def test_children_are_left_out_and_do_not_hold_the_end_up(tmp_path: Path) -> None:
    start = time.monotonic()
    done = capture(["sh", "-c", "sleep 30 & (:; :) ; exit 0"], tmp_path / "t.arrow")
    assert done.exit_status == 0
    assert time.monotonic() - start < 25


@needs_valgrind
def test_from_another_thread(tmp_path: Path) -> None:
    results: list[int | None] = []
    thread = threading.Thread(target=lambda: results.append(capture(["true"], tmp_path / "t.arrow").exit_status))
    thread.start()
    thread.join()
    assert results == [0]


@needs_valgrind
def test_interrupt_keeps_what_was_seen(tmp_path: Path) -> None:
    script = (
        "import sys; from simobjects.traces.capture import capture\n"
        "def progress(n):\n"
        "    print(n, flush=True)\n"
        f"done = capture(['sh', '-c', 'while :; do :; done'], {str(tmp_path / 't.arrow')!r}, progress=progress)\n"
        "print(done.stopped, done.exit_status, done.header.records)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 50_000:
        pass
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    stopped, status, records = output.splitlines()[-1].split()
    assert (stopped, status) == ("interrupt", "None")
    assert int(records) == len(open_trace(tmp_path / "t.arrow").columns.kind)
    assert [path.name for path in tmp_path.iterdir()] == ["t.arrow"]


def gone(pid: int) -> bool:
    """Whether a process has ended, if need be soon."""
    for _ in range(200):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@needs_valgrind
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_program_and_no_file_outlives_a_capture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Neither the program, nor what it has started, nor the spool; what SIGKILL leaves the next call takes."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    place, pids = tmp_path / "out" / "t.arrow", tmp_path / "pids"
    place.parent.mkdir()
    body = f"sleep 300 >/dev/null 2>&1 & echo $$ $! > {pids}; while :; do :; done"
    code = f"from simobjects.traces.capture import capture\ncapture(['sh', '-c', {body!r}], {str(place)!r})\n"
    process = subprocess.Popen([sys.executable, "-c", code])
    while not pids.exists() or len(pids.read_text().split()) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    program, child = map(int, pids.read_text().split())
    process.send_signal(number)
    process.wait(60)
    assert gone(program)
    if number is signal.SIGTERM:
        assert gone(child)
        assert [path.name for path in place.parent.iterdir()] == ["t.arrow"]
        assert list(temporary.iterdir()) == []
        return
    os.kill(child, signal.SIGKILL)
    left = list(temporary.iterdir())
    assert len(left) == 1
    os.utime(left[0], (0, 0))  # a minute later
    code = f"from simobjects.traces.capture import capture\ncapture(['true'], {str(place)!r})\n"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert [path.name for path in place.parent.iterdir()] == ["t.arrow"]
    assert list(temporary.iterdir()) == []


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TraceError, match="there is nothing to run"):
        capture([], tmp_path / "t.arrow")
    if shutil.which("valgrind"):
        with pytest.raises(TraceError, match="no-such-program: no such program"):
            capture(["no-such-program"], tmp_path / "t.arrow")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TraceError) as caught:
        capture(["true"], tmp_path / "t.arrow")
    assert str(caught.value) == "valgrind: Valgrind is not installed\n  fix: sudo apt-get install valgrind"
    assert list(tmp_path.iterdir()) == []


def test_a_valgrind_that_fails_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin" / "valgrind"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)
    with pytest.raises(TraceError, match="there are no records to write"):
        capture(["true"], tmp_path / "t.arrow")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_architecture(tmp_path: Path) -> None:
    program = tmp_path / "p"
    program.write_bytes(b"\x7fELF\x01\x02" + bytes(12) + b"\x00\x14")
    assert architecture_of(program) == "ppc32"
    program.write_bytes(b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00")
    assert architecture_of(program) == "x86-64"
    program.write_bytes(b"\x7fELF\x02\x01" + bytes(12) + b"\xff\xfe")
    assert architecture_of(program) == "ELF machine 65279"
    program.write_text("#!/bin/sh\n")
    assert architecture_of(program) == os.uname().machine.replace("_", "-")


def test_summary_of_the_shipped_trace() -> None:
    summary = summarize("sqlite", tlb_entries=(64, 256))
    assert summary.header.accesses == 21_000_000
    assert summary.fetch_lookups + summary.load_lookups + summary.store_lookups == summary.header.lookups
    assert (summary.code_pages, summary.data_pages, summary.header.pages) == (192, 369, 560)
    assert summary.tlb_misses[64] > 150_000
    assert summary.tlb_misses[256] < summary.tlb_misses[64]
    assert summary.file_bytes <= 2_000_000
