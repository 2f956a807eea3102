# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux as guest: built from Debian's sources, made fit for a KVM that is older than it, and booted."""
