# SPDX-License-Identifier: BSD-3-Clause
"""Where the time goes: `python -m benchmarks.profile NAME`."""
