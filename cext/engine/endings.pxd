# SPDX-License-Identifier: BSD-3-Clause
"""How runs end: the reasons of a workload's end, and the reports of those that cannot go on."""

from simobjects.cext.board.bus cimport Bus
from simobjects.cext.engine.cpu440 cimport CPU440

cdef enum:            # why a workload is at its end
    END_RESET = 1
    END_MARKER = 2
    END_WAITS = 3
    END_SPINS = 4

cdef failed_at(CPU440 *c, Bus bus, int failure)
cdef bint refused_instruction(CPU440 *c, int failure)
cdef failure_text(CPU440 *c, Bus bus, int failure)
