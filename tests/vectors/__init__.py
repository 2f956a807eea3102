# SPDX-License-Identifier: BSD-3-Clause
"""Single accesses of the 440 with results from the manual, on the twin and on the compiled core."""
