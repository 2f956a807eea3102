# SPDX-License-Identifier: BSD-3-Clause
"""Why a guest cannot be built."""

from __future__ import annotations

from simobjects.base.errors import ExitCode, FileError


class BuildError(FileError):
    """A tool or a source is missing, or one of them failed; the fix says what to install or where to look."""

    exit_code = ExitCode.USAGE
