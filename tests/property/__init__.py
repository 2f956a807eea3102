# SPDX-License-Identifier: BSD-3-Clause
"""What holds for any machine, program or file: cases are drawn, twins and reruns are compared."""
