# SPDX-License-Identifier: BSD-3-Clause
"""The numbered invariants of the KVM dossier, for every scheme that each of them names."""
