# SPDX-License-Identifier: BSD-3-Clause
"""A guest that ran on the bare machine goes on as one of KVM."""

from collections.abc import Mapping

from simobjects.cext.kvm.host import HostKernel

def adopt(host: HostKernel, registers: Mapping[str, int]) -> None: ...
