# SPDX-License-Identifier: BSD-3-Clause
"""The native kernels. Each module is one `.pyx` file with its types in a `.pyi` beside it; nothing here knows pydantic."""
