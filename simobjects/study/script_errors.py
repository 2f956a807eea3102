# SPDX-License-Identifier: BSD-3-Clause
"""What else is wrong with the machine of a script that fails."""

from __future__ import annotations

from pathlib import Path

from simobjects.framework import Problem, System
from simobjects.framework.story import frames, is_users
from simobjects.framework.tree import walk


def problems_so_far(config: Path, error: BaseException) -> list[Problem]:
    """What was wrong with the machines that the script had begun to make when it failed."""
    found: list[Problem] = []
    for frame in frames(error.__traceback__):
        if is_users(frame.f_code.co_filename, config):
            held = [*frame.f_locals.values(), *frame.f_globals.values()]
            for system in {id(each): each for each in held if isinstance(each, System)}.values():
                found += [problem for obj in walk(system) for problem in obj._node.problems()]
    return list(dict.fromkeys(found))
