# SPDX-License-Identifier: BSD-3-Clause
"""The names of `simobjects.boards`, each from the module that has it."""

from simobjects.boards.bamboo_machine import BambooMachine as BambooMachine
from simobjects.boards.bamboo_machine import bamboo as bamboo
from simobjects.boards.parts import ENTRIES as ENTRIES
from simobjects.boards.parts import NATIVE as NATIVE
from simobjects.boards.recordings import recording_machine as recording_machine
from simobjects.boards.streams import busy_host as busy_host
from simobjects.boards.streams import busy_life as busy_life
from simobjects.boards.streams import stream_machine as stream_machine
