# SPDX-License-Identifier: BSD-3-Clause
"""The tests: a folder for each kind, as docs/testing.md says."""
