# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of records of a full-system stream, from the table."""

cdef extern from "recording.h" nogil:
    enum:
        K_LOAD, K_STORE, K_READ, K_WRITE, K_CONTEXT, K_PRIVILEGED, K_REGISTER, K_FAULT, K_DEVICE, K_TRY, K_INTERRUPT
        K_LINE, K_IDLE, K_MARK, K_END, REFERENCE_KINDS
    enum: AFTER_EXIT, AT_BOUNDARY, IN_ATTEMPT
    enum: LINE_AT_PLACE, LINE_IN_ACCESS, LINE_ASLEEP
    enum: MARK_BEGIN, MARK_END, MARK_FINISH, MARK_REFUSED
    enum: VECTOR_SHIFT, REFERENCE_SHIFT, FIVE_BITS, OPERATION_SHIFT, OPERAND_MOST, PIECES_MOST
