# SPDX-License-Identifier: BSD-3-Clause
"""The core at run time."""

from simobjects.cext.core.processor import Processor

class ReferenceLoop(Processor): ...
