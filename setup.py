# SPDX-License-Identifier: BSD-3-Clause
"""Build the native kernels: one extension per `cext/*.pyx`. Everything else is in pyproject.toml.

Kernels use typed memoryviews, not `cimport numpy`, so no package but Cython is needed to build them.
Compiled for the plain architecture (never `-march=native`): a wheel or a shared folder works on every node.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

ROOT = Path(__file__).resolve().parent
DIRECTIVES = {"language_level": 3, "boundscheck": False, "wraparound": False, "cdivision": True}


def jobs() -> int:
    """Parallel compilations: every core this process may use, or SIMOBJECTS_BUILD_JOBS."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(os.environ.get("SIMOBJECTS_BUILD_JOBS", available)))


def includes_headers(source: Path, seen: frozenset[Path] = frozenset()) -> bool:
    """Whether a kernel includes a C header of cext: its own text says so, or that of a kernel that it cimports."""
    declared = [path for path in (source, source.with_suffix(".pxd")) if path.exists()]
    text = "".join(path.read_text(encoding="utf-8") for path in declared)
    own = any((source.parent / name).exists() for name in re.findall(r'extern from "([^"]+)"', text))
    used = {source.with_name(f"{name}.pyx") for name in re.findall(r"from cext\.(\w+) cimport", text)}
    others = (other for other in used - seen - {source} if other.with_suffix(".pxd").exists())
    return own or any(includes_headers(other, seen | {source}) for other in others)


def extensions() -> list[Extension]:
    """Every kernel; a changed header rebuilds those that include it (Cython itself follows the .pxd files)."""
    os.chdir(ROOT)
    headers = sorted(str(path) for kind in ("h", "inc", "def") for path in Path("cext").glob(f"*.{kind}"))
    return [
        Extension(
            f"cext.{source.stem}",
            [str(source)],
            include_dirs=["cext"],
            depends=headers if includes_headers(source) else [],
            extra_compile_args=["-O3", "-g0"],
        )
        for source in sorted(Path("cext").glob("*.pyx"))
    ]


if __name__ == "__main__":
    # Compilation in parallel is build_ext's own option; cythonize gets the same number for .pyx -> .c.
    modules = extensions()
    workers = min(jobs(), max(1, len(modules)))
    setup(
        ext_modules=cythonize(modules, compiler_directives=DIRECTIVES, nthreads=workers if workers > 1 else 0),
        options={"build_ext": {"parallel": workers}},
    )
