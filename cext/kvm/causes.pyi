# SPDX-License-Identifier: BSD-3-Clause
"""Why virt misses happened."""

from simobjects.cext.core.tlb import TLB
from simobjects.cext.kvm.timeline import Timeline

class Causes:
    def __init__(self, guest_tlb: TLB, slots: int, timeline: Timeline) -> None: ...
