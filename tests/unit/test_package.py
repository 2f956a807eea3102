# SPDX-License-Identifier: BSD-3-Clause
"""What travels: a package made of these sources works from an empty folder, with no source tree about.

The modules and data are those that a wheel gets (`build_py` is what makes them), the kernels those that are compiled
here already. `.ci/wheels` makes true wheels and tries each alone in an empty environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

import simobjects

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def setup(folder: Path, *arguments: str) -> None:
    """A command of setup.py on the sources, which writes into `folder` only."""
    command = [sys.executable, "setup.py", "--quiet", "egg_info", "--egg-base", str(folder), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, as site-packages would have it."""
    folder, info = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("info")
    setup(info, "build_py", "--build-lib", str(folder))
    shutil.copytree(info / "simobjects.egg-info", folder / "simobjects.egg-info")
    for kernel in (ROOT / "cext").rglob("*.so"):
        shutil.copy(kernel, folder / "simobjects" / "cext" / kernel.relative_to(ROOT / "cext"))
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return folder


def test_the_version_is_said_once_and_known_everywhere() -> None:
    assert simobjects.__version__ == PROJECT["version"]


def test_the_demo_and_the_examples_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert python("-c", "import simobjects; print(simobjects.__file__)").startswith(str(installed))
    assert "claim of the commit" in python("-m", "simobjects", "demo", "--references", "20000")
    python("-m", "simobjects", "examples", "--copy", "configs")
    for script, end in (("kvm_guest", "--references=1000"), ("python_scheme", "--references=1000"), ("bare_metal", "")):
        said = python("-m", "simobjects", "run", f"configs/examples/{script}.py", *filter(None, [end]))
        assert "runs/" in said
    assert "sqlite" in python("-m", "simobjects", "trace", "info")


def test_what_lies_beside_the_modules_travels(installed: Path) -> None:
    package = installed / "simobjects"
    for pattern in ("traces/data/*.arrow", "programs/data/*.elf", "linux/recipe/*", "configs/**/*", "**/*.pyi"):
        here = {path.relative_to(ROOT / "simobjects") for path in (ROOT / "simobjects").glob(pattern) if path.is_file()}
        here = {path for path in here if "__pycache__" not in path.parts}
        assert here, pattern
        assert here <= {path.relative_to(package) for path in package.glob(pattern)}, pattern


def test_the_sdist_has_all_that_kernels_are_made_of(tmp_path: Path) -> None:
    setup(tmp_path, "sdist", "--dist-dir", str(tmp_path), "--formats", "gztar")
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    sources = [path for kind in ("pyx", "pxd", "h", "inc", "def") for path in (ROOT / "cext").rglob(f"*.{kind}")]
    assert len(sources) > 100
    assert {f"simobjects/cext/{path.relative_to(ROOT / 'cext')}" for path in sources} <= names
    assert {"setup.py", "pyproject.toml", "README.md", "LICENSE"} <= names
    assert not [name for name in names if name.endswith((".so", ".pyc"))]
    assert not [name for name in names if name.startswith("simobjects/cext/") and name.endswith(".c")]
