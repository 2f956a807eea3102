# SPDX-License-Identifier: BSD-3-Clause
"""How the C engine reaches the peers around its core."""

from simobjects.cext.board.bus cimport Bus
from simobjects.cext.board.memory cimport Memory
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.engine.cpu440 cimport CPU440

cdef int padded_entries(TLB tlb) noexcept
cdef void wire(CPU440 *c, TLB tlb, Memory memory, Bus bus) noexcept
