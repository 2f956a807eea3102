# SPDX-License-Identifier: BSD-3-Clause
"""Against recordings that are not part of the project: a Linux kernel, Valgrind's traces. Skipped without them."""
