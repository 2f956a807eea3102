# SPDX-License-Identifier: BSD-3-Clause
"""One program on two machines: QEMU's 440 against the executing core, and the core against its twin."""
