# SPDX-License-Identifier: BSD-3-Clause
"""`python -m simobjects` is the command line."""

from simobjects.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
