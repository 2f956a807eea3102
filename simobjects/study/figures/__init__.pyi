# SPDX-License-Identifier: BSD-3-Clause
"""The names of `simobjects.study.figures` that scripts use, each from the module that has it."""

from simobjects.study.figures.bars import Bar as Bar
from simobjects.study.figures.bars import stacks as stacks
from simobjects.study.figures.drawing import Drawn as Drawn
from simobjects.study.figures.drawing import draw as draw
from simobjects.study.figures.figure import KINDS as KINDS
from simobjects.study.figures.figure import Figure as Figure
from simobjects.study.figures.folder import read_sweep as read_sweep
from simobjects.study.figures.folder import read_table as read_table
from simobjects.study.figures.names import Catalogue as Catalogue
from simobjects.study.figures.page import Page as Page
from simobjects.study.figures.page import form_of as form_of
from simobjects.study.figures.page import parse_length as parse_length
from simobjects.study.figures.plan import planned as planned
from simobjects.study.figures.series import Course as Course
from simobjects.study.figures.series import draw_series as draw_series
from simobjects.study.figures.swept import Swept as Swept
