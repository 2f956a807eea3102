# SPDX-License-Identifier: BSD-3-Clause
"""Debugging the guest: a remote stub that gdb attaches to."""

from .server import serve
from .target import Stop, StopKind, Target, WatchKind

__all__ = ["Stop", "StopKind", "Target", "WatchKind", "serve"]
