# SPDX-License-Identifier: BSD-3-Clause
"""Why a guest under KVM cannot go on, as sentences."""

def failure_sentence(reason: int, insn: int = 0) -> str: ...
