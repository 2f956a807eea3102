# SPDX-License-Identifier: BSD-3-Clause
from cext.entry import GuestEntry

class GuestExits(GuestEntry): ...
