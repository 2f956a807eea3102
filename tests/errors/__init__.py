# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes of users: the whole report of each, to the letter."""
