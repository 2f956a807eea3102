# SPDX-License-Identifier: BSD-3-Clause
"""One input tried in a process that may die of it."""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from simobjects.base.errors import SimObjectsError

from .readers import READERS

SECONDS = 20
"""Of the processor's time: longer than that an input of at most 1 MiB may not take."""
PATIENCE = 30
"""Times that it may take in all, on a computer that has other things to do."""
MEMORY = 1 << 30
"""Bytes that one may take besides."""


@dataclass(frozen=True)
class Finding:
    """An input that did something else than being read or refused."""

    reader: str
    data: bytes
    what: str


def attempt(reader: str, data: bytes) -> str:
    """Try one input in this process; what went wrong, empty when nothing did."""
    before = _peak()
    with TemporaryDirectory(prefix="fuzz-") as folder:
        try:
            READERS[reader].read(data, Path(folder))
        except SimObjectsError as error:
            if not str(error):
                return "a refusal without a word"
        except MemoryError:
            return "MemoryError"
        except Exception:
            return traceback.format_exc()
    more = _peak() - before
    return f"{more} bytes of memory" if more > MEMORY else ""


def tried(reader: str, inputs: Iterable[bytes]) -> list[Finding]:
    """Try inputs one after the other in a child; what it, or its death, says of each of the bad ones.

    The child is forked anew after each that it dies of.
    """
    findings: list[Finding] = []
    left = iter(inputs)
    data = next(left, None)
    READERS[reader].seeds()  # made once, before the fork
    while data is not None:
        requests, answers = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(requests[1])
            os.close(answers[0])
            _serve(reader, requests[0], answers[1])
        os.close(requests[0])
        os.close(answers[1])
        with open(requests[1], "wb") as target, open(answers[0], "rb") as source:
            while data is not None:
                target.write(len(data).to_bytes(8, "big") + data)
                target.flush()
                size = source.read(8)
                if len(size) < 8:
                    break
                if what := source.read(int.from_bytes(size, "big")).decode():
                    findings.append(Finding(reader, data, what))
                data = next(left, None)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if data is not None:
            slow = code in (-signal.SIGALRM, -signal.SIGPROF)
            ended = f"took more than {SECONDS} s" if slow else f"the process ended with {code}"
            findings.append(Finding(reader, data, ended))
            data = next(left, None)
    return findings


def _serve(reader: str, requests: int, answers: int) -> None:
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    with open(requests, "rb") as source, open(answers, "wb") as target:
        while len(size := source.read(8)) == 8:
            data = source.read(int.from_bytes(size, "big"))
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.alarm(SECONDS * PATIENCE)
            what = attempt(reader, data).encode()
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            target.write(len(what).to_bytes(8, "big") + what)
            target.flush()
    os._exit(0)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def until(seconds: float) -> Iterable[int]:
    """Numbers of mutants, for so long."""
    end, number = time.monotonic() + seconds, int(time.time() * 1000) << 20
    while time.monotonic() < end:
        yield number
        number += 1
