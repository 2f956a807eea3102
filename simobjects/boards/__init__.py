# SPDX-License-Identifier: BSD-3-Clause
"""Standard machines, for studies, benchmarks and tests. The examples wire theirs by hand, to show how."""

from .busy_host import NATIVE as NATIVE
from .busy_host import busy_host as busy_host
from .machines import ENTRIES as ENTRIES
from .machines import program_machine as program_machine
from .machines import recording_machine as recording_machine
from .machines import stream_machine as stream_machine
