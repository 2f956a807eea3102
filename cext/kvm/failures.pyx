# SPDX-License-Identifier: BSD-3-Clause
"""Why a guest under KVM cannot go on, as sentences."""

from simobjects.cext.arch.arch440 cimport decode_field10
from simobjects.cext.kvm.kinds cimport FAILURE_SENTENCES, FAILURES


def failure_sentence(int reason, unsigned int insn=0):
    """What a guest's emulation failure means; `reason` as an exit reports it in `failed`, `insn` the instruction."""
    if not 0 < reason < FAILURES:
        raise ValueError(f"failure {reason}: reasons are 1 to {FAILURES - 1}")
    return FAILURE_SENTENCES[reason].decode().format(spr=decode_field10(insn))
