# SPDX-License-Identifier: BSD-3-Clause
"""The native kernels: one `.pyx` file each, with its types in a `.pyi` beside it. Nothing here knows pydantic."""
