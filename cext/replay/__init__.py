# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams, and the decoders of recordings."""
