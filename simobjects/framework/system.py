# SPDX-License-Identifier: BSD-3-Clause
"""System: the root of a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from simobjects.base.names import nearest

from .attach import attach, detach
from .citation import Citation
from .containers import ChildDict, ChildList
from .fields import param
from .origin import here
from .overrides import apply_overrides
from .quantities import Frequency, MemorySize
from .simobject import SimObject, _names

GEM5 = Citation(
    key="gem5",
    title="The gem5 simulator",
    authors=(
        "Binkert, Nathan", "Beckmann, Bradford", "Black, Gabriel", "Reinhardt, Steven K.", "Saidi, Ali",
        "Basu, Arkaprava", "Hestness, Joel", "Hower, Derek R.", "Krishna, Tushar", "Sardashti, Somayeh",
        "Sen, Rathijit", "Sewell, Korey", "Shoaib, Muhammad", "Vaish, Nilay", "Hill, Mark D.", "Wood, David A.",
    ),
    year=2011,
    journal="ACM SIGARCH Computer Architecture News",
    volume="39",
    number="2",
    doi="10.1145/2024716.2024718",
)  # fmt: skip
"""Machines as trees of objects with parameters and ports, described in Python."""


class System(SimObject):
    """The root of a machine. Takes any child name; its path is `system`.

    `system.anything = SimObject(...)` attaches a child; so do a list or a dict of objects, and keywords of the
    constructor. A name that is a parameter or a method of System is refused.
    """

    citation: ClassVar[tuple[Citation, ...]] = (GEM5,)

    clock: Frequency = param("400MHz", "clock of the machine")
    memory: MemorySize = param("256MiB", "size of the main memory", ge=1)
    pace: float | None = param(
        None,
        "real seconds that a simulated second takes at least; 0: as fast as this computer goes; None: so too, but a "
        "guest that waits at a terminal waits in real time",
        ge=0,
        le=1000,
        identity=False,
    )

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def _begin(self) -> None:
        super()._begin()
        self._node.root, self._node.label = True, "system"

    def __init__(self, **values: Any) -> None:
        cls = type(self)
        own = {name: value for name, value in values.items() if name in cls.model_fields}
        super().__init__(**own)
        # Parameters are final before children are attached, so that those can be computed from them.
        apply_overrides(self)
        for name, value in values.items():
            if name not in own:
                setattr(self, name, value)

    def _set_undeclared(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            self._node.report(
                name, value, "a name that is not taken", f"{name!r} is a method of System; rename the child"
            )
            return
        old = vars(self).get(name)
        if isinstance(value, (list, tuple)):
            self._drop(old)
            vars(self)[name] = ChildList(self, name, SimObject, value)
        elif isinstance(value, dict):
            self._drop(old)
            vars(self)[name] = ChildDict(self, name, SimObject, value)
        elif value is None and old is not None:
            self._drop(old)
            del vars(self)[name]
        elif not isinstance(value, SimObject):
            near = nearest(name, _names(type(self)))
            fix = f"rename it to {near}, or assign a SimObject" if near else "assign a SimObject, or remove it"
            self._node.report(name, value, "a parameter of System, or a SimObject as its child", fix, near)
        elif value is not old and attach(self, name, value, SimObject):
            self._drop(old)
            vars(self)[name] = value
            self._node.assigned[name] = here()

    def _drop(self, old: Any) -> None:
        if isinstance(old, (ChildList, ChildDict)):
            old.clear()
        else:
            detach(old)
