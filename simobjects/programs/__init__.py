# SPDX-License-Identifier: BSD-3-Clause
"""Programs that a core executes: ELF files, device trees, what is put into memory."""
