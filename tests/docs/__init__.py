# SPDX-License-Identifier: BSD-3-Clause
"""The pages: their commands, code, tables and figures are what the program gives today."""
