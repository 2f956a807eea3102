# SPDX-License-Identifier: BSD-3-Clause
"""The Python that is part of a machine and not of this project: what of it decides the results, as one digest."""

from .untouched import Untouched
from .walk import source_digest

__all__ = ["Untouched", "source_digest"]
