# SPDX-License-Identifier: BSD-3-Clause
"""The examples of a page that adds parts to this project: its files and changes, carried out on a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:^(New|In) `([^`\n]+)`[^\n]*:\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BUILD = """
import sys
import setup


class Quick(setup.Kernels):
    # Unoptimized: what the examples do is asked here, and not how fast.
    def build_extension(self, ext):
        ext.extra_compile_args = [*ext.extra_compile_args, "-O0"]
        super().build_extension(ext)


wanted = set(sys.argv[1:])
found = [each for each in setup.extensions() if wanted & {each.name.removeprefix("simobjects.cext."), *map(
    lambda path: path.rpartition("/")[2], each.depends)}]
setup.setup(ext_modules=found, cmdclass={"build_ext": Quick}, script_args=["--quiet", "build_ext", "--inplace"])
"""


@dataclass(frozen=True)
class Example:
    """One block of a page: a new file, a change of one, or a script (no path)."""

    kind: str
    path: str
    language: str
    text: str


def examples(page: str, heading: str) -> list[Example]:
    """The blocks of one section, in order."""
    section = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section is not None, heading
    return [Example(kind, path, language, text) for kind, path, language, text in BLOCK.findall(section[1])]


def script(page: str, heading: str) -> str:
    """The one Python script of a section."""
    (found,) = [each for each in examples(page, heading) if not each.path and each.language == "python"]
    return found.text


def changed(text: str, change: str) -> str:
    """A file's text after a change, whose hunks are parted by `@@` and found by their lines."""
    for hunk in re.split(r"^@@\n", change, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"{text.count(before)} places for:\n{before}"
        text = text.replace(before, after)
    return text


class House:
    """A copy of the sources with their kernels, to which examples are applied and in which Python runs."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        for name in ("cext", "simobjects"):
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(ROOT / "setup.py", folder)
        (folder / "configs").symlink_to(ROOT / "configs")

    def apply(self, page: str, *headings: str) -> None:
        """Write the new files of these sections and make their changes."""
        for example in (each for heading in headings for each in examples(page, heading) if each.path):
            target = self.root / example.path
            if example.kind == "New":
                assert not target.exists(), f"{example.path} is there already"
                target.write_text(example.text, encoding="utf-8")
            else:
                target.write_text(changed(target.read_text(encoding="utf-8"), example.text), encoding="utf-8")

    def build(self, *wanted: str) -> None:
        """Compile kernels, given by name without `simobjects.cext`, or by a header or table that they include."""
        self.python(BUILD, *wanted)

    def python(self, text: str, *arguments: str) -> str:
        """What a script prints that imports this copy; the tests' helpers are this project's."""
        path = os.pathsep.join((str(self.root), str(ROOT)))
        command = [sys.executable, "-P", "-c", text, *arguments]
        done = subprocess.run(
            command, cwd=self.root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
