# SPDX-License-Identifier: BSD-3-Clause
"""The architecture's tables, and the walker of a peer's state."""
