# SPDX-License-Identifier: BSD-3-Clause
"""Who watches a run."""

class Watch: ...
