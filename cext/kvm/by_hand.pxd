# SPDX-License-Identifier: BSD-3-Clause
"""The host played by hand, one event at a time, for experiments and tests."""

from simobjects.cext.kvm.exits cimport GuestExits

cdef class HandPlayedHost(GuestExits):
    pass
