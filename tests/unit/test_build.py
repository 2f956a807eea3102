# SPDX-License-Identifier: BSD-3-Clause
"""How setup.py builds: on a small project of three kernels and what they share, with a compiler that keeps count."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EDITABLE = "from setuptools.build_meta import build_editable; build_editable('dist')"
WHEEL = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
KERNELS = {
    "alone.pyx": "def one():\n    return 1\n",
    "base.pxd": 'cdef extern from "number.h":\n    int NUMBER\ncdef int two() noexcept\n',
    "base.pyx": "cdef int two() noexcept:\n    return NUMBER\n",
    "user.pyx": "from simobjects.cext.base cimport two\ndef three():\n    return two() + 1\n",
    "number.h": "#define NUMBER 2\n",
    "__init__.py": "",
}
ALL = ["alone", "base", "shared", "user"]
"""With what Cython would add to each of them."""

pytestmark = pytest.mark.slow


@dataclass
class Project:
    """A folder that setup.py can build."""

    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python in the folder."""
        environment = {**os.environ, "CC": str(self.folder / "compiler"), "SIMOBJECTS_BUILD_JOBS": "2"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=environment, text=True, capture_output=True
        )

    def build(self) -> subprocess.CompletedProcess[str]:
        """As make does it."""
        return self.run("setup.py", "--quiet", "build_ext", "--inplace")

    def compiled(self) -> list[str]:
        """The kernels that were compiled since the last call, each as often as it was."""
        log = self.folder / "log"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(Path(word).stem for call in calls for word in call.split() if word.endswith(".c"))

    def write(self, name: str, text: str) -> None:
        """Change a file of cext so that it is newer than all that was built."""
        path = self.folder / "cext" / name
        built = max(file.stat().st_mtime for file in path.parent.iterdir())
        path.write_text(text)
        os.utime(path, (built + 1, built + 1))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three kernels, one of which cimports another, which includes a header."""
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    compiler = tmp_path / "compiler"
    compiler.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/log\nexec gcc "$@" -O0\n')
    compiler.chmod(0o755)
    (tmp_path / "cext").mkdir()
    (tmp_path / "simobjects").mkdir()
    (tmp_path / "simobjects" / "__init__.py").write_text("")
    (tmp_path / "simobjects" / "cext").symlink_to("../cext")
    for name, text in KERNELS.items():
        (tmp_path / "cext" / name).write_text(text)
    return Project(tmp_path)


def test_a_kernel_is_compiled_once_whoever_asks(project: Project) -> None:
    done = project.build()
    assert done.returncode == 0, done.stderr
    assert project.compiled() == ALL
    for step in ("translated", "compiled"):
        told = [line.split(": ") for line in done.stdout.splitlines() if line.startswith(f"{step} ")]
        assert [number for number, _ in told] == [f"{step} {n} of 4" for n in (1, 2, 3, 4)]
        assert sorted(name for _, name in told) == [f"simobjects.cext.{name}" for name in ALL]
    sums = project.run("-c", "from simobjects.cext import alone, user; print(user.three() + alone.one())")
    assert sums.stdout == "4\n"

    assert project.build().stdout == ""
    assert project.run("-c", EDITABLE).returncode == 0
    assert project.compiled() == []


def test_a_wheel_has_kernels_of_its_own(project: Project) -> None:
    done = project.run("-c", WHEEL)
    assert done.returncode == 0, done.stderr
    assert project.compiled() == ALL
    (wheel,) = (project.folder / "dist").glob("*.whl")
    listed = project.run("-m", "zipfile", "--list", str(wheel)).stdout
    assert all(f"cext/{name}.cpython" in listed for name in ALL)
    assert not list((project.folder / "cext").glob("*.so"))


def test_what_changed_is_compiled_with_what_depends_on_it(project: Project) -> None:
    assert project.run("-c", EDITABLE).returncode == 0
    assert project.compiled() == ALL
    assert project.build().returncode == 0
    assert project.compiled() == []
    for name, text, expected in (
        ("alone.pyx", "def one():\n    return 10\n", ["alone"]),
        ("number.h", "#define NUMBER 20\n", ["base", "user"]),
        ("base.pxd", KERNELS["base.pxd"] + "cdef int unused\n", ["base", "user"]),
    ):
        project.write(name, text)
        assert project.build().returncode == 0
        assert project.compiled() == expected, name
    sums = project.run("-c", "from simobjects.cext import alone, user; print(user.three() + alone.one())")
    assert sums.stdout == "31\n"


def test_what_cannot_be_compiled_ends_the_build(project: Project) -> None:
    for name, text, kernel, who, reason in (
        ("alone.pyx", "def one(:\n", "alone", "Cython", "alone.pyx:1:8"),
        ("number.h", "#define NUMBER what\n", "base", "the C compiler", "undeclared"),
    ):
        project.write(name, text)
        done = project.build()
        assert done.returncode == 1
        text = f"error: simobjects.cext.{kernel}: {who} refuses it, for the reason above"
        assert done.stderr.splitlines()[-1] == text
        assert reason in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        project.write(name, KERNELS[name])
    # And is tried again, not taken for built.
    assert project.build().returncode == 0


def test_a_compiler_may_be_a_command_with_arguments() -> None:
    for compiler, code, missing in (("env gcc", 0, ""), ("no-such-cc -m32", 1, "a C compiler (no-such-cc -m32)")):
        done = subprocess.run(
            [ROOT / ".ci" / "check-tools", sys.executable],
            env={**os.environ, "CC": compiler},
            text=True,
            capture_output=True,
        )
        assert done.returncode == code, done.stderr
        assert missing in done.stderr
