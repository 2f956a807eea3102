# SPDX-License-Identifier: BSD-3-Clause
"""The exception port of the bare machine."""

from simobjects.cext.core.processor import Processor
from simobjects.cext.core.supervisor import Supervisor

class NativeVectors(Supervisor):
    def __init__(self, core: Processor) -> None: ...
