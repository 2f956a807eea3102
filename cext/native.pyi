# SPDX-License-Identifier: BSD-3-Clause
"""The exception port of the bare machine."""

from cext.processor import Processor
from cext.supervisor import Supervisor

class NativeVectors(Supervisor):
    def __init__(self, core: Processor) -> None: ...
