# SPDX-License-Identifier: BSD-3-Clause
"""What KVM calls its exits and the interrupts of its guest."""

from __future__ import annotations

from simobjects.isa.numbers import rows

_EXITS = rows("kvm/exits.def", "EXIT")
EXIT_NAMES = tuple(name for _, name, _ in _EXITS)
DEBUGFS_NAMES = tuple(name for _, name, place in sorted(_EXITS, key=lambda row: int(row[2])) if int(place) >= 0)
"""The exits that KVM counts, in its order."""
PRIORITY_NAMES = tuple(row[1] for row in rows("kvm/priorities.def", "PRIORITY"))
"""The guest's interrupts in the order in which KVM looks for pending ones."""
