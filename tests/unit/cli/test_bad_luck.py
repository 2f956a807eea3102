# SPDX-License-Identifier: BSD-3-Clause
"""Full disks, folders that cannot be written, closed streams, names that are no text: a sentence, and no half file."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects.cli import main
from simobjects.programs.elf_program import program_file
from tests.helpers.commands import environment
from tests.unit.cli.conftest import Command

ROOT = Path(__file__).parents[3]
KVM, BARE = (str(ROOT / "configs" / "examples" / f"{name}.py") for name in ("kvm_guest", "bare_metal"))
LACKEY = "I  04000000,4\n L 1ffeffe7,8\n"
WRITES: dict[str, list[str]] = {
    "checkpoint": ["run", KVM, "--references", "2k", "--at", "1k", "--checkpoint", "OUT"],
    "debug file": ["run", KVM, "--references", "2k", "--debug", "system.host=exits", "--debug-file", "OUT"],
    "timeline": ["run", KVM, "--references", "2k", "--timeline", "OUT"],
    "instructions": ["run", BARE, "--trace-instructions", "OUT"],
    "recording": ["run", BARE, "--record", "OUT"],
    "console": ["run", BARE, "--set", "system.board.uart0.console=OUT"],
    "graph": ["graph", BARE, "-o", "OUT"],
    "import": ["trace", "import", "lackey.txt", "-o", "OUT"],
    "capture": ["trace", "capture", "-o", "OUT", "--references", "1k", "--", "/bin/true"],
}
"""Command lines that write one file, by what it is."""


def in_a_copy(folder: Path, words: list[str], largest: int) -> tuple[int, str]:
    """The exit code of a command and what it printed, in a copy of this process whose files have at most so many bytes.

    What it prints goes through a pipe, which has no size.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(writer, 1)
            os.dup2(writer, 2)
            sys.stdout, sys.stderr = (open(handle, "w", buffering=1, closefd=False) for handle in (1, 2))
            os.chdir(folder)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            signal.alarm(120)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
            os._exit(main(words))
        except BaseException as error:
            os.write(2, f"Traceback: {error!r}".encode())
        finally:
            os._exit(99)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


@pytest.mark.parametrize("what", WRITES)
def test_a_full_disk_is_one_sentence_and_status_2(simobjects: Command, what: str) -> None:
    Path("lackey.txt").write_text(LACKEY)
    said = simobjects(*(word.replace("OUT", "/dev/full") for word in WRITES[what]))
    assert said.code == 2
    error = said.err[said.err.index("simobjects: /dev/full: ") :]
    assert "No space left on device" in error
    assert "make room" in error or "has room" in error
    assert "Traceback" not in said.err
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("what", WRITES)
def test_a_file_that_the_disk_does_not_take_is_not_left_half_written(
    simobjects: Command, tmp_path: Path, what: str
) -> None:
    """A limit of the process on the size of its files stands for the disk's end."""
    (tmp_path / "lackey.txt").write_text(LACKEY)
    words = [word.replace("OUT", "out.file") for word in WRITES[what]]
    status, said = in_a_copy(tmp_path, words, largest=10)
    assert status == 2, said
    assert "out.file" in said and "File too large" in said, said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["lackey.txt"]


@pytest.mark.parametrize("what", WRITES)
def test_a_folder_that_is_not_there_or_in_the_place_is_a_sentence(simobjects: Command, what: str) -> None:
    Path("lackey.txt").write_text(LACKEY)
    Path("folder").mkdir()
    for place in ("no/folder/x", "folder"):
        said = simobjects(*(word.replace("OUT", place) for word in WRITES[what]))
        assert (said.code, "Traceback" in said.err) == (0 if Path(place).is_file() else 2, False), said.err
        assert Path(place).is_file() or place in said.err


def test_examples_are_not_copied_half(tmp_path: Path) -> None:
    """A script that is cut at its end may run, and be another machine."""
    status, said = in_a_copy(tmp_path, ["examples", "--copy", "mine"], largest=2000)
    assert status == 2, said
    assert "File too large" in said and "Traceback" not in said
    shipped = Path(ROOT, "configs")
    copied = [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert all(path.read_bytes() == (shipped / path.relative_to(tmp_path / "mine")).read_bytes() for path in copied)


def test_a_demo_leaves_no_half_report(tmp_path: Path) -> None:
    status, said = in_a_copy(tmp_path, ["demo", "--references", "1k", "--out", "mine"], largest=10)
    assert status == 2, said
    assert "mine/" in said and "File too large" in said and "Traceback" not in said
    assert not [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]


def test_a_sweep_of_which_no_point_can_be_noted_is_not_begun(simobjects: Command, config: str, tmp_path: Path) -> None:
    """`work` as a job of a cluster: each point would fail, and its reason would be in no file."""
    said = simobjects("sweep", config, "--over", "system.core.tlb.entries=8", "--references", "10", "--out", "swept")
    assert said.code == 0, said.err
    status, told = in_a_copy(tmp_path, ["work", "swept", "--jobs", "1"], largest=10)
    assert status == 2, told
    assert told == "simobjects: swept: cannot be written to (File too large); name another folder with --out\n"
    assert list((tmp_path / "swept" / "leases").iterdir()) == []


def test_a_script_that_ends_the_process_of_its_points_is_no_missing_input(simobjects: Command) -> None:
    Path("ending.py").write_text("import os\nos._exit(7)\n")
    said = simobjects("sweep", "ending.py", "--over", "system.x=1", "--jobs", "1")
    assert said.code == 2
    assert said.err.endswith("the process of this point ended with exit code 7 and no result\n")


def test_a_full_disk_that_names_no_file_is_a_sentence_too(
    simobjects: Command, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    """What a library writes of its own accord."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("simobjects.cli._run.write_record", full)
    said = simobjects("run", config)
    assert said.code == 2
    assert said.err.endswith(
        "simobjects: a file: No space left on device; make room (--traceback says where it was written)\n"
    )


def test_results_are_not_left_half_written(simobjects: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when the last file of a run is written: the folder of the run goes."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "run.json")

    monkeypatch.setattr("simobjects.cli._run.write_record", full)
    said = simobjects("run", KVM, "--references", "2k")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("run.json: No space left on device; make room there, or name another place\n")
    assert list(Path("runs").iterdir()) == []


def started(folder: Path, *words: str, shell: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell starts it, with its streams as the shell says."""
    command = ["sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, "-P", "-m", "simobjects", *words]
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("words", ["--version", "--help", "disasm 94210010"])
def test_what_cannot_be_printed_is_a_sentence(tmp_path: Path, words: str) -> None:
    done = started(tmp_path, *words.split(), shell="> /dev/full")
    assert done.returncode == 2
    assert done.stderr == (
        "simobjects: standard output: No space left on device; make room there, or name another place\n"
    )


def test_remarks_that_cannot_be_written_change_nothing(tmp_path: Path) -> None:
    """The interpreter would end with a status of its own."""
    done = started(tmp_path, "run", KVM, "--references", "1k", shell="2> /dev/full")
    assert (done.returncode, done.stdout.startswith("runs/")) == (0, True)


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_become_files(tmp_path: Path, closed: str) -> None:
    """A file that is opened would otherwise be standard output, with what is printed in its middle."""
    done = started(tmp_path, "graph", KVM, "-o", "machine.svg", shell=closed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "machine.svg").read_bytes().startswith(b"<svg")


def test_names_that_are_no_text_are_printed_as_they_are(tmp_path: Path) -> None:
    """Half a character in UTF-8, as old archives and other systems leave it."""
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "simobjects", "run", KVM, "--references", "1k", "--out", b"runs-\xe9"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    place = os.path.join(folder, done.stdout.rstrip(b"\n"))
    assert os.path.exists(os.path.join(place, b"run.json"))


def test_a_script_that_changes_the_folder_does_not_move_the_results(simobjects: Command) -> None:
    """Its inputs it finds from where it has gone."""
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "prog.elf").write_bytes(program_file("hello").read_bytes())
    script = Path("moving.py")
    board = Path(BARE).read_text()
    assert '"hello"' in board
    script.write_text("import os\nos.chdir('elsewhere')\n" + board.replace('"hello"', '"prog.elf"'))
    for words in (
        ["run", script, "--checkpoint", "c.ckpt", "--at", "100", "--references", "200"],
        ["sweep", script, "--over", "system.tlb.entries=16,32", "--references", "200", "--out", "swept"],
        ["graph", script, "-o", "m.svg"],
    ):
        said = simobjects(*words)
        assert said.code == 0, said.err
    assert [path.name for path in elsewhere.iterdir()] == ["prog.elf"]
    assert sorted(path.name for path in Path().iterdir()) == [
        "c.ckpt", "elsewhere", "m.svg", "moving.py", "runs", "swept",
    ]  # fmt: skip


def test_links_in_a_run_directory_are_replaced_not_followed(simobjects: Command, config: str) -> None:
    place = Path(simobjects("run", config).out.strip())
    names = sorted(path.name for path in place.iterdir())
    mine = Path("mine")
    mine.write_text("mine")
    for name in names:
        (place / name).unlink()
        (place / name).symlink_to(mine.absolute())
    assert simobjects("run", config).code == 0
    assert mine.read_text() == "mine"
    assert sorted(path.name for path in place.iterdir()) == names
    assert not any(path.is_symlink() for path in place.iterdir())


@pytest.mark.parametrize("kind", ["device", "pipe"])
@pytest.mark.parametrize(
    "words",
    [
        ["run", KVM, "--restore", "IN"],
        ["run", BARE, "--set", "system.core.workload.elf=IN"],
        ["run", BARE, "--set", "system.board.uart0.script=IN"],
        ["run", "IN"],
        ["trace", "info", "IN"],
        ["compare", "IN", "IN"],
        ["timing", "IN", "IN"],
        ["disasm", "--elf", "IN"],
        ["disasm", "--binary", "IN"],
        ["guest", "fit", "IN", "-o", "out"],
        ["sweep", KVM, "--over", "system.tlb.entries=64", "--from", "IN"],
    ],
)
def test_what_never_ends_is_no_input(simobjects: Command, words: list[str], kind: str) -> None:
    os.mkfifo("pipe")
    said = simobjects(*(word.replace("IN", "/dev/zero" if kind == "device" else "pipe") for word in words))
    assert said.code in (2, 3)
    assert "Traceback" not in said.err


def test_a_trace_goes_through_a_pipe(simobjects: Command) -> None:
    """Arrow asks a file where it stands, and a pipe does not know."""
    Path("lackey.txt").write_text(LACKEY)
    for place in ("t.arrow", "/dev/null"):
        assert simobjects("trace", "import", "lackey.txt", "-o", place).code == 0
    assert Path("/dev/null").is_char_device()
    reader, writer = os.pipe()
    assert simobjects("trace", "import", "lackey.txt", "-o", f"/dev/fd/{writer}").code == 0
    os.close(writer)
    with open(reader, "rb") as pipe:
        assert pipe.read() == Path("t.arrow").read_bytes()


def test_two_options_do_not_write_to_one_file(simobjects: Command) -> None:
    limits = ["--references", "2k", "--at", "1k", "--checkpoint", "x"]
    said = simobjects("run", KVM, *limits, "--timeline", "./x")
    assert (said.code, said.err) == (2, "simobjects: --timeline x: --checkpoint writes there too; name another file\n")
    assert list(Path().iterdir()) == []


def test_numbers_of_thousands_of_digits_in_results(simobjects: Command, config: str) -> None:
    """Python refuses to read them, with an error of another kind than for other JSON that is damaged."""
    place = Path(simobjects("run", config).out.strip())
    (place / "stats.json").write_text('{"windows": ' + "1" * 5000 + "}")
    (place / "run.json").unlink()
    said = simobjects("compare", place, place)
    assert (said.code, "Traceback" in said.err) == (3, False)
    assert f"{place / 'stats.json'}: cannot be read" in said.err


HUGE = "1" + "0" * 30


@pytest.mark.parametrize(
    "words",
    [
        ["run", KVM, "--references", HUGE],
        ["run", KVM, "--references", "1k", "--cycles", "10000000000000000"],
        ["run", KVM, "--references", "1k", "--every", HUGE],
        ["run", KVM, "--references", "1k", "--every", f"{HUGE}cycles"],
        ["run", KVM, "--references", "1k", "--every", "1" * 10_000],
        ["run", KVM, "--references", "1k", "--set", f"system.tlb.entries={'1' * 10_000}"],
        ["run", KVM, "--references", "1k", "--at", HUGE, "--checkpoint", "c"],
        ["run", KVM, "--references", "1k", "--timeline", "t.json", "--timeline-from", HUGE],
        ["run", KVM, "--references", "1k", "--debug", f"system.host=exits@0..{HUGE}"],
        ["run", BARE, "--trace-instructions", "t", "--trace-from", HUGE],
        ["sweep", KVM, "--over", "system.tlb.entries=64", "--cycles", HUGE],
        ["trace", "import", "lackey.txt", "-o", "t.arrow", "--references", HUGE],
    ],
)
def test_a_number_beyond_all_runs_is_a_sentence(simobjects: Command, words: list[str]) -> None:
    Path("lackey.txt").write_text(LACKEY)
    said = simobjects(*words)
    assert said.code == 2
    assert "Traceback" not in said.err and len(said.err) < 30_000
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


NESTED = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["compare", "in", "in"], 3),
        (["collect", "in"], 3),
        (["status", "in"], 3),
        (["work", "in"], 3),
        (["plot", "in"], 3),
        (["run", BARE, "--set", "system.board.uart0.script=nested.toml"], 2),
        (["run", "nested.py"], 2),
    ],
)
def test_what_is_nested_without_end_is_a_sentence(simobjects: Command, words: list[str], code: int) -> None:
    Path("in").mkdir()
    for name in ("stats.json", "config.json", "run.json", "study.json"):
        Path("in", name).write_text(NESTED)
    Path("nested.toml").write_text(f"x = {NESTED}")
    Path("nested.py").write_text(f"x = {NESTED}")
    said = simobjects(*words)
    assert (said.code, "Traceback" in said.err) == (code, False)
    assert len(said.err) < 1000


HALF = "a\udce9"
"""What Python makes of the bytes `a\\xe9`, which are no UTF-8."""


def test_texts_that_are_no_utf8_reach_the_guest_as_the_bytes_that_they_are(simobjects: Command) -> None:
    sets = ["--set", f"system.board.uart0.input={HALF}!", "--set", "system.core.workload.elf=echo"]
    said = simobjects("run", BARE, *sets, "--set", "system.board.uart0.input_after=> ", "--references", "2M")
    assert said.code == 0, said.err
    place = Path(said.out.splitlines()[-1])
    assert b"a\xe9" in (place / "system.board.uart0.txt").read_bytes()
    for words in (
        ["graph", BARE, "--set", f"system.board.uart0.input={HALF}", "-o", "m.svg"],
        ["trace", "import", "lackey.txt", "--label", HALF, "-o", "t.arrow"],
        ["sweep", BARE, "--over", "system.tlb.entries=64", "--set", f"system.board.uart0.input={HALF}"],
    ):
        Path("lackey.txt").write_text(LACKEY)
        assert simobjects(*words).code == 0, words
    said = simobjects("sweep", BARE, "--over", f"system.board.uart0.input={HALF},b")
    assert (said.code, "no text in UTF-8" in said.err) == (2, True)


def test_a_folder_that_vanished_is_a_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f'rmdir {gone}; exec "$@"'
    command = ["sh", "-c", code, "sh", sys.executable, "-P", "-m", "simobjects", "run", KVM, "--references", "1k"]
    done = subprocess.run(
        command, cwd=gone, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "No such file or directory" in done.stderr
