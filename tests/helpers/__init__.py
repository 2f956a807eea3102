# SPDX-License-Identifier: BSD-3-Clause
"""What several kinds of tests share: machines, programs and readers. Nothing here is a test."""
