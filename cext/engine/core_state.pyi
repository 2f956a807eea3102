# SPDX-License-Identifier: BSD-3-Clause
"""The state of a core as values by name; for other kernels only."""

OLD_CODE: int
