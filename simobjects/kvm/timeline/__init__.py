# SPDX-License-Identifier: BSD-3-Clause
"""What happened, exit by exit, as a timeline that ui.perfetto.dev opens."""
