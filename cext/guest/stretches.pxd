# SPDX-License-Identifier: BSD-3-Clause
"""Stretches of a handler: steps in a row that change no translation, so that they may be added up."""

from simobjects.cext.core.supervisor cimport Sums, Write

cdef struct Stretches:       # of a script of so many steps
    Sums *sums               # one more than steps
    Write *writes
    int *end                 # by step: the first behind the stretch that it is of; the step itself: it is of none
    int *data                # steps that load or store, in their order
    int tlbwe[3]             # steps of a refill that write words 1, 0, 2 of one entry, with nothing but plain
                             # instructions between them; -1: it has none
    bint whole               # a refill that the bare machine can do in one go: one entry, written as words 1, 0, 2
