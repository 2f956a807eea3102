# SPDX-License-Identifier: BSD-3-Clause
"""A simulator of KVM on the PowerPC 440: everything that a config script needs, in one import."""

from simobjects.base.later import later

__getattr__, __dir__ = later(__name__)
