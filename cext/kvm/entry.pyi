# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.core.supervisor import Supervisor

class GuestEntry(Supervisor): ...
