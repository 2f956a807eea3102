# SPDX-License-Identifier: BSD-3-Clause
"""The twin's schemes by name."""

from __future__ import annotations

from tests.reference.arrays import GuestTidArray, LazyPidArray, ReloadedArray, SavingArray, ShadowArray
from tests.reference.insertion import DirectInsertion, SavedInsertion, SweptInsertion
from tests.reference.schemes import Counts, HostIndex, Scheme
from tests.reference.settings import Settings
from tests.reference.tlb import TLB

ARRAYS: dict[str, type[ShadowArray]] = {
    "e0": SavingArray,
    "e1": ReloadedArray,
    "e2": GuestTidArray,
    "e3": LazyPidArray,
    "e3b": ShadowArray,
}
INSERTIONS: dict[str, type[DirectInsertion]] = {"e4": DirectInsertion, "e5": SweptInsertion, "e6": SavedInsertion}


def make_scheme(settings: Settings, tlb: TLB, counter: HostIndex, counts: Counts) -> Scheme:
    """The scheme that the settings name."""
    if settings.mode in ARRAYS:
        return ARRAYS[settings.mode](settings, tlb, counts)
    return INSERTIONS[settings.mode](settings, tlb, counter, counts)
