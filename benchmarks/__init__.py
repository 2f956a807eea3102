# SPDX-License-Identifier: BSD-3-Clause
"""What the project's speed claims rest on: `make bench`."""
