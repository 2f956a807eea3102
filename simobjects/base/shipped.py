# SPDX-License-Identifier: BSD-3-Clause
"""What travels with the package beside its modules: its title, its version, and the scripts of `configs`."""

from __future__ import annotations

import os

TITLE = "simobjects: a simulator of KVM on the PowerPC 440"
"""What this program is called, also where nothing is known of what it simulates."""
CONFIGS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "configs")
"""The folder of the shipped scripts. In a source tree a link; an installed package has the files themselves."""


def installed_version() -> str:
    """The version of the installed package, `(not installed)` in a source tree that is not."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("simobjects")
    except PackageNotFoundError:
        return "(not installed)"
