# SPDX-License-Identifier: BSD-3-Clause
"""KVM: exits, emulation, delivery, the host around it."""
