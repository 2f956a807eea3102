# SPDX-License-Identifier: BSD-3-Clause
"""Where things are kept that can be made again: what lies there is checked by who reads it, and may go at any time."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def cache_directory() -> Path:
    """`$SIMOBJECTS_CACHE`, or ~/.cache/simobjects. OSError: there is no home directory, as in some containers."""
    try:
        return Path(os.environ.get("SIMOBJECTS_CACHE") or "~/.cache/simobjects").expanduser()
    except RuntimeError as error:
        raise OSError(errno.ENOENT, str(error)) from None
