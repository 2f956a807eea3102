# SPDX-License-Identifier: BSD-3-Clause
"""The twin's schemes by name."""

from __future__ import annotations

from typing import Any

from tests.reference.arrays import GuestTidArray, LazyPidArray, ReloadedArray, SavingArray, ShadowArray
from tests.reference.causes import Ledger, LedgeredScheme
from tests.reference.insertion import DirectInsertion, SavedInsertion, SweptInsertion
from tests.reference.schemes import Counts, HostIndex, Scheme
from tests.reference.settings import Settings
from tests.reference.tlb import TLB
from tests.reference.whatif import LargePages, SpareHost, Tagged

ARRAYS: dict[str, type[ShadowArray]] = {
    "e0": SavingArray,
    "e1": ReloadedArray,
    "e2": GuestTidArray,
    "e3": LazyPidArray,
    "e3b": ShadowArray,
}
INSERTIONS: dict[str, type[DirectInsertion]] = {
    "e4": DirectInsertion,
    "e5": SweptInsertion,
    "e6": SavedInsertion,
    "flush_once": DirectInsertion,
    "wide_guest": DirectInsertion,
    "magic_page": DirectInsertion,
    "tagged": Tagged,
    "large_pages": LargePages,
    "spare_host": SpareHost,
}


def make_scheme(settings: Settings, tlb: TLB, counter: HostIndex, counts: Counts, ledger: Ledger) -> Scheme:
    """The scheme that the settings name; what it does is written down in the ledger."""
    scheme: Any
    if settings.mode in ARRAYS:
        scheme = _ledgered(ARRAYS[settings.mode])(settings, tlb, counts)
    else:
        scheme = _ledgered(INSERTIONS[settings.mode])(settings, tlb, counter, counts)
    scheme.ledger = ledger
    scheme.privilege_cause = "pid_change" if settings.mode == "e3" else "privilege"
    ledger.copies, ledger.stamp = scheme.copies, scheme.stamp
    return scheme  # type: ignore[no-any-return]


def _ledgered(scheme: type[Scheme]) -> Any:
    return type(scheme.__name__, (LedgeredScheme, scheme), {})
