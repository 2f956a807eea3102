# SPDX-License-Identifier: BSD-3-Clause
"""Handlers of the imitation Linux guest, played step by step."""

from cext.supervisor import GuestSoftware

class HandlerPlayer(GuestSoftware): ...
