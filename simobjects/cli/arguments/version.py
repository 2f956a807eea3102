# SPDX-License-Identifier: BSD-3-Clause
"""`--version`: read from the installed package when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class Version(argparse.Action):
    """Print the version and exit."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Carry out the option."""
        from simobjects.base.shipped import installed_version

        print(f"{parser.prog} {installed_version()}")
        parser.exit()
