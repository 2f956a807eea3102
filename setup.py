# SPDX-License-Identifier: BSD-3-Clause
"""Build the native kernels: one extension for each .pyx of `cext`. Everything else is in pyproject.toml.

Kernels use typed memoryviews, not `cimport numpy`, so no package but Cython is needed to build them.
Compiled for the plain architecture (never `-march=native`): a wheel or a shared folder works on every node.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError as CythonError
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

ROOT = Path(__file__).resolve().parent
CEXT = Path("simobjects", "cext")
"""A link to the folder at the top: the kernels belong to the package simobjects, for Cython and for who installs it."""
DIRECTIVES = {"language_level": 3, "boundscheck": False, "wraparound": False, "cdivision": True}
SHARED = "simobjects.cext.shared"
"""What Cython adds to kernels (memoryviews, functions) is compiled once and not in each of them: half of a build."""


def jobs() -> int:
    """Parallel compilations: every core this process may use, or SIMOBJECTS_BUILD_JOBS."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(os.environ.get("SIMOBJECTS_BUILD_JOBS", available)))


def included(source: Path) -> list[str]:
    """The C headers and tables that a kernel is compiled with, through whatever it cimports and they include."""
    found: set[Path] = set()
    todo = {source, source.with_suffix(".pxd")}
    while todo:
        path = todo.pop()
        if path in found or not path.exists():
            continue
        found.add(path)
        text = path.read_text(encoding="utf-8")
        names = re.findall(r'(?:extern from|#include) "([^"]+)"', text)
        todo.update(header for name in names for header in CEXT.rglob(name))
        cimported = re.findall(r"from simobjects\.cext\.([\w.]+) cimport", text)
        todo.update(CEXT.joinpath(*name.split(".")).with_suffix(".pxd") for name in cimported)
    return sorted(str(path) for path in found if path.suffix in (".h", ".inc", ".def"))


def extensions() -> list[Extension]:
    """Every kernel; a changed header rebuilds those that include it (Cython itself follows the .pxd files)."""
    os.chdir(ROOT)
    headers = sorted(str(path) for kind in ("h", "inc", "def") for path in CEXT.rglob(f"*.{kind}"))
    flags = os.environ.get("SIMOBJECTS_CFLAGS", "-O3 -g0").split()
    kernels = [
        Extension(
            ".".join(source.with_suffix("").parts),
            [str(source)],
            include_dirs=sorted({str(Path(header).parent) for header in headers}),
            depends=["setup.py", *included(source)],
            extra_compile_args=flags,
        )
        # The largest first: it takes longest, and all cores but one would wait for it at the end.
        for source in sorted(CEXT.rglob("*.pyx"), key=lambda path: (-path.stat().st_size, path))
    ]
    return [Extension(SHARED, [], depends=["setup.py"], extra_compile_args=flags), *kernels]


class Kernels(build_ext):
    """Translates and compiles what is out of date, says how far it is, and stops at the first kernel that fails."""

    def run(self) -> None:
        """Build all kernels.

        setuptools builds in a scratch folder and copies, in place too, so that pip's editable install and
        `build_ext --inplace` do not see what the other has built. Here in place is in place.
        """
        self.parallel = min(jobs(), len(self.extensions))
        self.done = itertools.count(1)
        self.failed = False
        self.translate()
        if self.inplace:
            super(build_ext, self).run()
        else:
            super().run()

    def translate(self) -> None:
        """Cython's part: from .pyx to .c, in processes, before the threads that wait for the C compiler are there."""
        with ProcessPoolExecutor(self.parallel, get_context("fork")) as pool:
            tasks = {
                pool.submit(
                    cythonize,
                    [ext],
                    compiler_directives=DIRECTIVES,
                    shared_utility_qualified_name=SHARED,
                    quiet=True,
                ): (ext, age(c_file(ext)))
                for ext in self.extensions
            }
            for number, task in enumerate(as_completed(tasks), 1):
                ext, before = tasks[task]
                try:
                    (translated,) = task.result()
                except CythonError as error:
                    pool.shutdown(cancel_futures=True)
                    raise CompileError(f"{ext.name}: Cython refuses it, for the reason above") from error
                if age(c_file(ext)) != before:
                    self.tell("translated", number, ext)
                ext.sources, ext.depends = translated.sources, translated.depends
                ext.extra_compile_args = translated.extra_compile_args

    def build_extension(self, ext: Extension) -> None:
        """The C compiler's part, unless the kernel is newer than all that it is made from."""
        if self.failed:
            return
        kernel = Path(self.get_ext_fullpath(ext.name))
        before = age(kernel)
        try:
            super().build_extension(ext)
        except (CompileError, LinkError) as error:
            self.failed = True
            raise CompileError(f"{ext.name}: the C compiler refuses it, for the reason above") from error
        number = next(self.done)
        if age(kernel) != before:
            self.tell("compiled", number, ext)

    def tell(self, what: str, number: int, ext: Extension) -> None:
        """One line for each kernel that had to be made; those that were up to date are only counted."""
        sys.stdout.write(f"{what} {number} of {len(self.extensions)}: {ext.name}\n")  # one piece: threads do not mix
        sys.stdout.flush()


def c_file(ext: Extension) -> Path:
    """What Cython makes of a kernel."""
    return Path(*ext.name.split(".")).with_suffix(".c")


def age(path: Path) -> int | None:
    """When a file was written, None when it is not there."""
    return path.stat().st_mtime_ns if path.exists() else None


if __name__ == "__main__":
    setup(ext_modules=extensions(), cmdclass={"build_ext": Kernels})
