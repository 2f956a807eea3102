# SPDX-License-Identifier: BSD-3-Clause
"""The kernels that a guest can imitate, by name. A new one is a function and one call of `register_era`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from simobjects.framework import nearest
from simobjects.guest.steps import Addresses, Event, Script

Scripts = Mapping[Event, Script]
_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Era:
    """A guest kernel: what it does at every event.

    Attributes:
        name: by which `GuestKernel(era=...)` asks for it.
        description: a line for people.
        scripts: from where things lie, and whether it shuts user pages (KUAP), to a script for each `Event`.
    """

    name: str
    description: str
    scripts: Callable[[Addresses, bool], Scripts]

    def script_list(self, at: Addresses, kuap: bool) -> list[Script]:
        """Its scripts in the order of `Event`.

        Raises:
            ValueError: an event has no script, or a script is for no event.
        """
        # Those of this folder are the same for the same arguments; a script's function may read what it likes.
        ours = getattr(self.scripts, "__module__", "").startswith(f"{__package__}.")
        return list(_listed(self, at, kuap)) if ours else self._listed(at, kuap)

    def _listed(self, at: Addresses, kuap: bool) -> list[Script]:
        made = self.scripts(at, kuap)
        strange = [event for event in made if not isinstance(event, Event)]
        if strange:
            near = nearest(str(strange[0]), [event.name for event in Event])
            hint = f"; did you mean Event.{near}?" if near else f"; there is {', '.join(event.name for event in Event)}"
            raise ValueError(f"era {self.name!r} has a script for {strange[0]!r}, which is no Event{hint}")
        missing = [event.name for event in Event if event not in made]
        if missing:
            raise ValueError(f"era {self.name!r} has no script for {', '.join(missing)}")
        return [made[event] for event in Event]


@lru_cache(maxsize=16)
def _listed(era: Era, at: Addresses, kuap: bool) -> tuple[Script, ...]:
    """Which every machine asks for twice."""
    return tuple(era._listed(at, kuap))


ERAS: dict[str, Era] = {}
"""The known ones by name, in the order in which they were registered."""


def register_era(era: Era) -> Era:
    """Make an era known to `GuestKernel(era=...)`, and give it back.

    A script that is executed again registers its era again: the new one takes the place of the old.

    Raises:
        ValueError: the name is taken by another era.
    """
    if era.name in ERAS and not _made_again(ERAS[era.name], era):
        raise ValueError(f"there is an era {era.name!r} already")
    ERAS[era.name] = era
    return era


def _made_again(old: Era, new: Era) -> bool:
    """Whether both are of one place in one script, executed twice."""
    one, other = (getattr(era.scripts, "__code__", None) for era in (old, new))
    if one is None or other is None or old.scripts is new.scripts:
        return False
    same = (one.co_filename, one.co_qualname) == (other.co_filename, other.co_qualname)
    return same and _FOLDER not in Path(one.co_filename).resolve().parents
