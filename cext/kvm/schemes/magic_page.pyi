# SPDX-License-Identifier: BSD-3-Clause
"""What if the guest had its privileged registers in memory? Direct insertion beside one pinned page."""

from simobjects.cext.kvm.schemes.direct import DirectInsertion

class MagicPage(DirectInsertion): ...
