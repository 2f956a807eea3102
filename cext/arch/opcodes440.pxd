# SPDX-License-Identifier: BSD-3-Clause
"""Opcodes from isa440.def, of the instructions that somebody asks for by name."""

cdef extern from "opcodes440.h" nogil:
    enum:
        PRIMARY_lha, PRIMARY_lhau, PRIMARY_lhzu, PRIMARY_lwz, PRIMARY_lwzx, PRIMARY_sth, PRIMARY_sthu, PRIMARY_twi
        XO_dcbi, XO_dccci, XO_lbzux, XO_lbzx, XO_lhax, XO_lhbrx, XO_lhzux, XO_lhzx, XO_lwbrx, XO_lwzx, XO_mfdcrx
        XO_mtdcrx, XO_stbux, XO_stbx, XO_sthbrx, XO_sthux, XO_sthx, XO_stwbrx, XO_stwx
