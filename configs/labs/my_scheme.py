# SPDX-License-Identifier: BSD-3-Clause
"""Lab 2: a shadow scheme of your own, to beat the commit's. Change `MyScheme`; as it stands it does what E4 does.

python configs/labs/check_scheme.py my_scheme.py
"""

from __future__ import annotations

from simobjects import PythonScheme, RunningScheme


class MyScheme(PythonScheme):
    """Direct insertion, round robin: the commit's."""

    class running(RunningScheme):
        def choose(self, index: int, ea: int) -> int:
            """The slot for the shadow of guest entry `index`, which the guest needs at `ea`."""
            return self.next_slot()
