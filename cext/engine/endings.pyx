# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O2 -g0 -Wno-unused-function -Wno-misleading-indentation
"""Why a run cannot go on, in words, from the state in which the engine came back."""

from simobjects.cext.arch.arch440 cimport V_ISI, V_ITLB, VECTOR_NAMES
from simobjects.cext.board.bus cimport Bus
from simobjects.cext.engine.cpu440 cimport CPU440
from simobjects.cext.kvm.failures import failure_sentence

END_NAMES = {END_RESET: "reset", END_MARKER: "marker", END_WAITS: "waits for nothing", END_SPINS: "spins for nothing"}
SPINS = END_SPINS    # for kernels that are not built with the engine
TIMER_STORM = (
    "the host is interrupted again each time before the guest completes an instruction: the guest's timer is due again "
    "when KVM has just entered it (TCR[ARE] with a small DECAR)"
)


cdef failed_at(CPU440 *c, Bus bus, int failure):
    """Where the instruction is with which it began."""
    return c.pc if failure or c.raised < 2 or bus.unanswered else c.first_pc


cdef bint refused_instruction(CPU440 *c, int failure):
    """Whether it is an instruction, not its fetch, that the host's kernel cannot do for the guest."""
    fetching = c.raised in (V_ISI, V_ITLB) or (c.raised == 1 and not c.raised_insn)
    return failure and not fetching


cdef failure_text(CPU440 *c, Bus bus, int failure):
    """Why the guest cannot go on, in a sentence."""
    if failure:
        what = f"instruction 0x{c.raised_insn:08x}" if refused_instruction(c, failure) else "instruction fetch"
        return f"{what} at pc 0x{c.pc:08x}: {failure_sentence(failure, c.raised_insn)}"
    if bus.unanswered and c.raised != -2 and c.no_progress <= c.most_no_progress and c.raised != 1:
        return f"nothing answers at physical address 0x{bus.unanswered_pa:09x} (pc 0x{c.pc:08x})"
    if c.raised == -2:
        return "the computer has no memory left for decoded code"
    if c.raised == 1:
        return (f"instruction fetch from 0x{c.pc:08x} leads to physical address 0x{c.answer_pa:09x}, where no memory is, "
                "and machine checks are disabled (MSR[ME] = 0)")
    first, last = VECTOR_NAMES[c.first_raised].decode(), VECTOR_NAMES[c.raised].decode()
    return (f"{first} exception at pc 0x{c.first_pc:08x} (address 0x{c.first_ea:08x}) and then "
            f"{c.no_progress - 1} more, the last {last} at pc 0x{c.pc:08x}, without an instruction "
            "completed: its handler faults itself, or IVPR and IVORs lead nowhere")
