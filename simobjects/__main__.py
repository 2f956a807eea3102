# SPDX-License-Identifier: BSD-3-Clause
"""The program: `simobjects` and `python -m simobjects`. Importing this module is its start."""

from simobjects.base.interrupts import begin

begin()  # before anything else is imported

from simobjects.cli import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    raise SystemExit(main())
