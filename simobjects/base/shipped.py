# SPDX-License-Identifier: BSD-3-Clause
"""What travels with the package beside its modules: the version, and the scripts of `configs`."""

from __future__ import annotations

import os

CONFIGS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "configs")
"""The folder of the shipped scripts. In a source tree a link; an installed package has the files themselves."""


def installed_version() -> str:
    """The version of the installed package, `(not installed)` in a source tree that is not."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("simobjects")
    except PackageNotFoundError:
        return "(not installed)"
