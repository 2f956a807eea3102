# SPDX-License-Identifier: BSD-3-Clause
"""Why a guest under KVM cannot go on, as sentences."""

FAILURE_SENTENCES = (
    "",
    "the instruction is not one that KVM of this release emulates",
    "KVM of this release does not emulate reading special purpose register {spr}",
    "KVM of this release does not emulate writing special purpose register {spr}",
    "tlbwe to an entry that the guest's TLB does not have",
    "tlbwe to the entry just past the guest's TLB: KVM before 2.6.34 let it write past its array",
    "tlbwe of a word other than 0, 1 and 2",
    "the access to a device is by an instruction that KVM of this release does not decode",
    "the exception is one for which KVM has no handler: the host's kernel stopped there",
    "the processor raised a machine check: KVM reports it to user space and gives up",
    "the guest waits for an interrupt and nothing is there that could raise one",
)


def failure_sentence(int reason, unsigned int insn=0):
    """What a guest's emulation failure means; `reason` as an exit reports it in `failed`, `insn` the instruction."""
    if not 0 < reason < FAILURES:
        raise ValueError(f"failure {reason}: reasons are 1 to {FAILURES - 1}")
    return FAILURE_SENTENCES[reason].format(spr=insn >> 16 & 31 | insn >> 6 & 0x3E0)
