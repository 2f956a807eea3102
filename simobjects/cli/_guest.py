# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects guest`: a real Linux to boot."""

from __future__ import annotations

import argparse
import sys
import time

from simobjects.base.errors import InputError
from simobjects.base.files import read_regular, write_whole
from simobjects.base.text import columns
from simobjects.linux.build import RECORD, Guest, build
from simobjects.linux.fit import edits_for, make_fit
from simobjects.linux.programs import Added

from ._progress import StepLine


def build_guest(arguments: argparse.Namespace) -> int:
    """Build what is not there, or has other inputs now; print the files and their sizes.

    Raises:
        BuildError: a tool or a source is missing, or a step of the build failed.
    """
    init = Added.parse(arguments.init) if arguments.init else None
    added = tuple(Added.parse(text) for text in arguments.add)
    guest = Guest(arguments.folder, arguments.source, arguments.config, init, added, arguments.busybox)
    line = StepLine(sys.stderr)
    begun = time.monotonic()
    try:
        made = build(guest, line)
    finally:
        line.clear()
    if not made:
        print(f"{arguments.folder}: nothing to do, {RECORD} is of the same inputs")
        return 0
    sizes = [[str(arguments.folder / name), f"{(arguments.folder / name).stat().st_size:,} bytes"] for name in made]
    print(columns(sizes), end="")
    print(f"built in {time.monotonic() - begun:.0f} seconds; boot it with: simobjects run configs/examples/linux.py")
    return 0


def fit_kernel(arguments: argparse.Namespace) -> int:
    """Write a kernel with its instructions replaced, and print each: address, word before and after, why.

    Raises:
        InputError: the kernel cannot be read, has no symbols or not the instruction that must go; the release is none.
    """
    try:
        image = read_regular(arguments.kernel)
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise InputError(what, where=arguments.kernel, fix="give the path of a vmlinux") from None
    fitted, replaced = make_fit(image, str(arguments.kernel), edits_for(arguments.release))
    write_whole(arguments.output, fitted)
    rows = [[f"{item.address:#010x}", f"{item.before:08x} -> {item.after:08x}", item.edit.name] for item in replaced]
    print(columns(rows), end="")
    for edit in dict.fromkeys(item.edit for item in replaced):
        print(f"{edit.name}: {edit.why}")
    return 0
