# SPDX-License-Identifier: BSD-3-Clause
"""The names of `simobjects.report` that scripts use, each from the module that has it."""

from simobjects.report.comparisons import Comparison as Comparison
from simobjects.report.wanted import Wanted as Wanted
from simobjects.report.write import report as report
