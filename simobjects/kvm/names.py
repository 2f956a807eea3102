# SPDX-License-Identifier: BSD-3-Clause
"""What KVM calls its exits and the interrupts of its guest."""

from __future__ import annotations

from simobjects.isa.numbers import rows

EXIT_NAMES = tuple(row[1] for row in rows("kvm/exits.def", "EXIT"))
TIMING_NAMES = tuple(row[1] for row in rows("kvm/timings.def", "TIMING"))
"""The rows of KVM's table of exit durations."""
CAUSE_NAMES = tuple(row[1] for row in rows("kvm/causes.def", "CAUSE"))
"""Why virt misses happen."""
NOTE_NAMES = tuple(row[1] for row in rows("kvm/notes.def", "NOTE"))
"""What a debug trace can tell of a host."""
PRIORITY_NAMES = tuple(row[1] for row in rows("kvm/priorities.def", "PRIORITY"))
"""The guest's interrupts in the order in which KVM looks for pending ones."""
