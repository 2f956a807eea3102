# SPDX-License-Identifier: BSD-3-Clause
"""The core at run time."""

from cext.processor import Processor

class ReferenceLoop(Processor): ...
