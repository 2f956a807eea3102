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


def travelling(package: Path) -> set[str]:
    """Every file below a package that is not made by running or compiling it."""
    found = set()
    for folder, inner, names in os.walk(package, followlinks=True):
        inner[:] = [name for name in inner if name != "__pycache__"]
        place = Path(folder).relative_to(package)
        made = (".so", ".pyc", ".html", ".cpp") + ((".c",) if "cext" in place.parts else ())
        found |= {str(place / name) for name in names if not name.endswith(made)}
    return found


def test_every_file_of_the_package_travels(installed: Path) -> None:
    """Kernels' sources are for the sdist; all else is what somebody reads while the program runs."""
    here = {name for name in travelling(ROOT / "simobjects") if not name.endswith(".pyx")}
    assert {"traces/data/sqlite.arrow", "configs/labs/check_refill.py", "configs/programs/start.S", "py.typed"} <= here
    assert sorted(here - travelling(installed / "simobjects")) == []


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
