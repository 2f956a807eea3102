/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of records of a full-system stream, and how their small fields are packed. */
#ifndef RECORDING_H
#define RECORDING_H

enum {
#define RECORD_KIND(id, number, name, what) K_##id = number,
#include "recording.def"
#undef RECORD_KIND
    REFERENCE_KINDS = 6
};

enum { AFTER_EXIT = 0, AT_BOUNDARY = 1, IN_ATTEMPT = 2 };    /* of an interrupt: the exit that delivered it */
enum { LINE_AT_PLACE = 0, LINE_IN_ACCESS = 1, LINE_ASLEEP = 2 };
enum { MARK_BEGIN = 1, MARK_END = 2, MARK_FINISH = 3, MARK_REFUSED = 4 };
enum { VECTOR_SHIFT = 5, REFERENCE_SHIFT = 10, FIVE_BITS = 31, OPERATION_SHIFT = 12, OPERAND_MOST = 4095, COUNT_MOST = 65535 };
enum { PIECES_MOST = 64 };       /* look-ups of one instruction, beside its fetch */

#endif
