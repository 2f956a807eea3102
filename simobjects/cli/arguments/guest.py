# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects guest`."""

from __future__ import annotations

from pathlib import Path

from .shared import Commands, command

FOLDER = Path("guest")
"""Where a guest is built, and looked for by the example that boots it."""


def add(commands: Commands) -> None:
    """Add the two commands to the parser."""
    group = commands.add_parser("guest", help="build a real Linux as guest, make a kernel fit for KVM")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_build(inner)
    _add_fit(inner)


def _add_build(commands: Commands) -> None:
    """Add `guest build`.

    The command gets:
        folder: path.
        add: texts, as `Added.parse` takes them.
        init: one of those; None: ours.
        busybox: bool.
        source, config: path or None.
    """
    parser = command(
        commands,
        "build",
        "_guest.build_guest",
        "build kernel and initial file system of a Linux guest",
        "Needs a Debian 12 machine and no root: the source is Debian's linux-source-6.1 (installed, given, or got by "
        "apt-get), the compiler its powerpc-linux-gnu-gcc.\nWhat is there and has the same inputs is not built again; "
        "same inputs give the same bytes. A kernel takes some minutes.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, metavar="DIR", help=f"where it is put (default: {FOLDER})"
    )
    parser.add_argument(
        "--add",
        action="append",
        default=[],
        metavar="FILE[:/PATH]",
        help="put a file into the guest, a C source as program (default: into /bin); may be repeated",
    )
    parser.add_argument("--init", metavar="FILE", help="the first program, in place of the one with the windows")
    parser.add_argument(
        "--busybox",
        action="store_true",
        help="a shell with the usual commands, and a C library for programs that do not include guest.h; both compiled "
        "from Debian's sources (23 MB) without floating-point instructions",
    )
    parser.add_argument("--source", type=Path, metavar="FILE", help="the kernel's source: .tar.xz, or Debian's package")
    parser.add_argument("--config", type=Path, metavar="FILE", help="other options of the kernel than the recipe's")


def _add_fit(commands: Commands) -> None:
    """Add `guest fit`.

    The command gets:
        kernel, output: paths.
        release: text; empty: every release.
    """
    parser = command(
        commands,
        "fit",
        "_guest.fit_kernel",
        "replace the instructions of a Linux 6.1 that KVM on the 440 cannot run",
        "Each is printed with its reason. The result runs under that release, on the bare machine too.",
    )
    parser.add_argument("kernel", type=Path, metavar="VMLINUX", help="an ELF file with symbols")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the ELF file to write")
    parser.add_argument(
        "--for", dest="release", default="", metavar="RELEASE", help="a host with KVM, as 3.14 (default: every one)"
    )
