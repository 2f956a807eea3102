# SPDX-License-Identifier: BSD-3-Clause
"""Standard machines, for scripts, studies, benchmarks and tests. Most examples wire theirs by hand, to show how."""

from .bamboo import BambooMachine as BambooMachine
from .bamboo import bamboo as bamboo
from .parts import ENTRIES as ENTRIES
from .parts import NATIVE as NATIVE
from .recordings import recording_machine as recording_machine
from .streams import busy_host as busy_host
from .streams import busy_life as busy_life
from .streams import stream_machine as stream_machine
