# SPDX-License-Identifier: BSD-3-Clause
"""What this program is called, also where nothing is known of what it simulates."""

TITLE = "simobjects: a simulator of KVM on the PowerPC 440"
