# SPDX-License-Identifier: BSD-3-Clause
from cext.supervisor import Supervisor

class GuestEntry(Supervisor): ...
