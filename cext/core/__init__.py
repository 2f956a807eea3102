# SPDX-License-Identifier: BSD-3-Clause
"""TLBs, costs, the exception port, and the core that follows a reference stream."""
