# SPDX-License-Identifier: BSD-3-Clause
"""One class or one command by itself: a folder for each room of the project."""
