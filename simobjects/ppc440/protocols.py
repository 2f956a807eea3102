# SPDX-License-Identifier: BSD-3-Clause
"""What the ports of a 440 machine carry."""

from __future__ import annotations

from simobjects.framework import Protocol_


class Translation(Protocol_):
    """Look-ups of effective addresses."""


class Exceptions(Protocol_):
    """A core's exceptions, with everything a handler needs to know of them."""
