# SPDX-License-Identifier: BSD-3-Clause
"""The outside of a guest's console: terminal, file, keyboard, and a script of what to wait for and what to type."""
