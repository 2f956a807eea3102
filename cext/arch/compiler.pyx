# SPDX-License-Identifier: BSD-3-Clause
"""Which compiler has made the kernels, as it calls itself."""

cdef extern from *:
    """
    #if defined(__clang__)
    #define MADE_BY "clang " __clang_version__
    #elif defined(__GNUC__)
    #define MADE_BY "gcc " __VERSION__
    #else
    #define MADE_BY ""
    #endif
    """
    const char *MADE_BY


def compiler():
    """Name and version; empty for one that is neither gcc nor clang."""
    return MADE_BY.decode().strip()
