# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.kvm.entry import GuestEntry

class GuestExits(GuestEntry): ...
