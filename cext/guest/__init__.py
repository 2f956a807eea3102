# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest."""
