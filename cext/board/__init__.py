# SPDX-License-Identifier: BSD-3-Clause
"""Memory, bus and devices."""
