# SPDX-License-Identifier: BSD-3-Clause
"""What every part may use: errors, names, files, Ctrl-C, text. It imports nothing of the project, and no library."""
