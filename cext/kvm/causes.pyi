# SPDX-License-Identifier: BSD-3-Clause
"""Why virt misses happened."""

from simobjects.cext.core.tlb import TLB

class Causes:
    def __init__(self, guest_tlb: TLB, slots: int) -> None: ...
