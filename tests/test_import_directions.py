# SPDX-License-Identifier: BSD-3-Clause
"""Imports run one way, over four floors; the kernels know nothing of what is above them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "simobjects"

# Which packages of `simobjects` a package may import; itself always. `""` is `simobjects/__init__.py`.
MAY_IMPORT = {
    "stats": set[str](),
    "framework": {"stats"},
    "ppc440": {"framework", "stats"},
    "workloads": {"ppc440", "framework", "stats"},
    "guest": {"ppc440", "framework", "stats"},
    "kvm": {"ppc440", "framework", "stats"},
    "study": {"kvm", "guest", "workloads", "ppc440", "framework", "stats"},
    "cli": {"study", "kvm", "guest", "workloads", "ppc440", "framework", "stats", ""},
    "": {"study", "kvm", "guest", "workloads", "ppc440", "framework", "stats", "cli"},
}
SIDEWAYS = {("kvm", "simobjects.workloads.synthetic")}  # host processes have a made-up stream unless given another
KERNELS_OF = {"ppc440", "kvm", "guest", "workloads"}  # the packages whose objects have peers in cext
CIMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import\b|c?import\s+([\w.]+(?:\s*,\s*[\w.]+)*))")


def python_files() -> list[Path]:
    return sorted((ROOT / PACKAGE).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Absolute names of the modules that a Python file imports, those inside functions included."""
    package = path.relative_to(ROOT).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from package import name` may name a module: both are what is imported then.
            found |= {module} | set(filter(is_module, (f"{module}.{alias.name}" for alias in node.names)))
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def floor(module: str) -> str:
    """The package below `simobjects` that a module is in."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (ROOT / PACKAGE / parts[1]).is_dir() else ""


def of_file(path: Path) -> str:
    return floor(".".join(path.relative_to(ROOT).with_suffix("").parts))


def test_every_package_has_its_place() -> None:
    packages = {path.parent.name for path in (ROOT / PACKAGE).glob("*/__init__.py")}
    assert packages == set(MAY_IMPORT) - {""}


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    here = of_file(path)
    wrong = []
    for module in sorted(imports(path)):
        if module.split(".")[0] != PACKAGE or (here, module) in SIDEWAYS:
            continue
        there = floor(module)
        if there != here and there not in MAY_IMPORT[here]:
            wrong.append(f"{here or 'simobjects'} imports {module}")
    assert not wrong


@pytest.mark.parametrize("package", ["framework", "stats"])
def test_the_framework_knows_no_powerpc(package: str) -> None:
    for path in sorted((ROOT / PACKAGE / package).rglob("*.py")):
        assert not {name for name in imports(path) if name.split(".")[0] == "cext"}, path
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(ppc440|powerpc|kvm|tlbwe|cext)\b", text, re.IGNORECASE), path


def test_only_objects_and_importers_reach_the_kernels() -> None:
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for path in python_files()
        for name in imports(path)
        if name.split(".")[0] == "cext" and of_file(path) not in KERNELS_OF
    ]
    assert not wrong


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_of_tests_or_scripts(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in ("tests", "configs", "benchmarks")}


def kernel_imports(path: Path) -> set[str]:
    """Modules that a kernel imports or cimports."""
    found: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        match = CIMPORT.match(line)
        if match:
            found |= {name.strip() for name in (match[1] or match[2]).split(",")}
    return found


KERNELS = sorted(path for suffix in ("pyx", "pxd", "pyi", "py") for path in (ROOT / "cext").glob(f"*.{suffix}"))


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_kernels_import_nothing_from_above(path: Path) -> None:
    allowed = {"cext", "libc", "cpython", "cython", "numpy", "typing", "collections", "__future__"}
    assert {name.split(".")[0] for name in kernel_imports(path)} <= allowed


def test_the_scan_of_kernels_sees_imports() -> None:
    assert "cext.tlb" in kernel_imports(ROOT / "cext" / "core.pxd")
    assert "libc.string" in kernel_imports(ROOT / "cext" / "host.pyx")
