# SPDX-License-Identifier: BSD-3-Clause
"""A scheme that writes shadows straight into the hardware TLB."""

from simobjects.cext.kvm.schemes.base import ShadowScheme

class DirectInsertion(ShadowScheme):
    def references(self) -> list[tuple[int, int, int, int]]: ...
