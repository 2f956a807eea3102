# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of a CostModel, read once when the machine is built."""


cdef class Costs:
    def __init__(self, values, *, bint flush_in_one=False):
        """`values`: every name of costs.def; latencies and CPIs already in 1/1000 cycle. KeyError when one is missing."""
        cdef int i
        for i in range(COSTS):
            (<int64_t *>(<char *>&self.of + COST_ROWS[i].offset))[0] = values[COST_ROWS[i].name.decode()]
        self.flush_in_one = flush_in_one
