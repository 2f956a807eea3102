# SPDX-License-Identifier: BSD-3-Clause
"""Handlers of the imitation Linux guest, played step by step."""

class HandlerPlayer: ...
