# SPDX-License-Identifier: BSD-3-Clause
"""Recorded results: what real kernels, QEMU and earlier runs of this simulator gave."""
