# SPDX-License-Identifier: BSD-3-Clause
"""The engine's ways to the TLB, to memory and to the bus; for other kernels only."""
