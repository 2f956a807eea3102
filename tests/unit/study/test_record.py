# SPDX-License-Identifier: BSD-3-Clause
"""What lies in the place of a file of a run is read only when it is a file, as the run wrote it."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from simobjects.study.record import ChangedError, read_file


def bound(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda place: None, "a.csv is missing"),
        (Path.mkdir, "a.csv is no file"),
        (os.mkfifo, "a.csv is no file"),
        (bound, "a.csv is no file"),
        (lambda place: place.symlink_to("/dev/zero"), "a.csv is no file"),
        (lambda place: place.symlink_to(place), r"a.csv cannot be read \(Too many levels"),
        (lambda place: place.write_bytes(b"other"), "a.csv is not as the run wrote it"),
    ],
)
def test_what_is_no_file_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], text: str
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    make(Path("a.csv"))
    with pytest.raises(ChangedError, match=f"^{text}"):
        read_file(tmp_path, "a.csv", hashlib.sha256(b"own").hexdigest())
