# SPDX-License-Identifier: BSD-3-Clause
"""The results epoch: a number that tells runs of this program from runs of an earlier one that counted otherwise."""

RESULTS_EPOCH = 1
"""Raised by one with every change after which some machine can give other numbers; part of the hash of every run.

`tests/golden/test_results_epoch.py` holds the digests of a few machines' statistics and fails when they change.
"""
