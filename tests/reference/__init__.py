# SPDX-License-Identifier: BSD-3-Clause
"""The models once more in plain Python, written from the sources and not from the kernels. Nothing here is a test."""
