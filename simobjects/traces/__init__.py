# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams: trace files, their importers, and synthetic patterns."""
