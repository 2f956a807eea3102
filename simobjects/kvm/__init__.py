# SPDX-License-Identifier: BSD-3-Clause
"""Linux as host, with KVM."""
