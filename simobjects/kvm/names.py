# SPDX-License-Identifier: BSD-3-Clause
"""What KVM calls its exits and the interrupts of its guest."""

from __future__ import annotations

from simobjects.isa.numbers import rows

EXIT_NAMES = tuple(row[1] for row in rows("kvm/exits.def", "EXIT"))
PRIORITY_NAMES = tuple(row[1] for row in rows("kvm/priorities.def", "PRIORITY"))
"""The guest's interrupts in the order in which KVM looks for pending ones."""
