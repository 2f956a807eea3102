# SPDX-License-Identifier: BSD-3-Clause
"""Which compiler has made the kernels, as it calls itself."""

def compiler() -> str: ...
