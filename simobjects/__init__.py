# SPDX-License-Identifier: BSD-3-Clause
"""A simulator of KVM on the PowerPC 440."""
