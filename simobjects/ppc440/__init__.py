# SPDX-License-Identifier: BSD-3-Clause
"""The hardware objects of a 440 machine."""
