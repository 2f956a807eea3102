# SPDX-License-Identifier: BSD-3-Clause
"""The files of a guest's folder that a machine loads. Whoever boots them needs none of the tools that make them."""

from __future__ import annotations

KERNEL, KVM_KERNEL, INITRAMFS = "vmlinux", "vmlinux-kvm", "initramfs.cpio"
"""In the folder of a guest: the kernel as compiled, the same made fit for KVM, and the initial file system."""
