# SPDX-License-Identifier: BSD-3-Clause
"""Guest software for reference streams."""
