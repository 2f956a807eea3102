# SPDX-License-Identifier: BSD-3-Clause
"""The core that executes a program."""
