# SPDX-License-Identifier: BSD-3-Clause
"""A shadow scheme written in plain Python, as part of a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from simobjects.base.errors import ExitCode
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme as Peer
from simobjects.cext.kvm.schemes.python_scheme import HOOKS
from simobjects.cext.kvm.schemes.python_scheme import RunningScheme as RunningScheme
from simobjects.framework import Problem, SimObjectsError, param
from simobjects.framework.hooks import hook_faults, is_method, place_in, place_of
from simobjects.framework.origin import Origin
from simobjects.framework.problems import NOTHING
from simobjects.kvm.schemes.direct import InsertingScheme
from simobjects.kvm.tables import CACHE_LINE
from simobjects.stats import formula, level


class HookError(SimObjectsError, ValueError):
    """A hook of a scheme in Python gave what it may not give; the message names its place."""

    exit_code = ExitCode.ENDED_BADLY


class PythonScheme(InsertingScheme):
    """A scheme of one's own: subclass it, and give its hooks in `running`, a subclass of RunningScheme.

    Parameters that the subclass declares can be swept like any other; the running half has them as `self.config`.
    With `short = "mine"` it can be named like the schemes of this project: `scheme="mine"`. Where it has no hook it is
    as the commit (e4). A machine with one has no checkpoints, because nobody knows what the running half keeps.
    """

    running: ClassVar[type[RunningScheme]] = RunningScheme
    """Its running half: made for each simulation, so whatever state the hooks need belongs there."""

    own_bytes: int = param(0, "bytes of what it keeps for one vcpu, beside the shadow references", ge=0, le=2**32)

    bytes = level("size for one vcpu, beside the shadow references", unit="byte")
    cache_lines = formula("the same in cache lines of 32 bytes", lambda s: -(-s.bytes // CACHE_LINE), unit="line")

    def wrong_answer(self, text: str) -> HookError:
        """The error for a hook's answer, at the line where that hook is defined.

        Args:
            text: what was wrong, beginning with the hook's name.
        """
        file, line = place_of(getattr(self.running, text.partition(" ")[0]))
        where = str(Origin(file, line)) if file else self.path
        return HookError(f"{type(self).__name__}.{text}", where=where, fix="correct what the hook returns")

    def check(self) -> Iterable[Problem]:
        running: object = self.running
        if not (isinstance(running, type) and issubclass(running, RunningScheme)):
            self.problem(
                "",
                self.running,
                f"{type(self).__name__}.running to be a subclass of RunningScheme",
                "write `class running(RunningScheme):` in it, with the hooks",
            )
            return ()
        hooks = {name: getattr(RunningScheme, name) for name in HOOKS}
        return [
            *(fault.problem(self.path, "running.") for fault in hook_faults(self.running, hooks, "RunningScheme")),
            *self._misplaced(),
        ]

    def _misplaced(self) -> Iterable[Problem]:
        """What looks as if it were the running half, or a part of it, and is neither."""
        own = {name: value for cls in reversed(type(self).__mro__) for name, value in vars(cls).items()}
        for name, value in own.items():
            is_half = isinstance(value, type) and issubclass(value, RunningScheme)
            if name in HOOKS:
                expected = "this hook in `running`; here nothing calls it"
                yield Problem(self.path, name, NOTHING, expected, f"move {name} there", *place_of(value))
            elif is_half and self.running is RunningScheme and name != "running":
                expected = "the running half under the name `running`; this one is not used"
                fix = "rename it to running"
                yield Problem(self.path, name, NOTHING, expected, fix, *place_in(value), near="running")
        yield from self._without_hooks()

    def _without_hooks(self) -> Iterable[Problem]:
        """A running half that replaces only what hooks call: none of it would ever be called."""
        if any(getattr(self.running, name) is not getattr(RunningScheme, name) for name in HOOKS):
            return
        mro = self.running.__mro__
        own = [each for cls in mro[: mro.index(RunningScheme)] for each in vars(cls).items()]
        for name, value in own:
            if not name.startswith("_") and hasattr(RunningScheme, name) and is_method(value):
                expected = f"a hook beside it ({', '.join(HOOKS)}): only hooks are called, and hooks call this"
                fix = "put what shall be different into a hook"
                yield Problem(self.path, f"running.{name}", NOTHING, expected, fix, *place_of(value))

    def build(self, kvm: KvmState) -> Peer:
        """The running half of one simulation.

        Raises:
            SimObjectsError: a hook is an attribute of the object itself, where nothing calls it.
        """
        made = self.running(kvm, self)
        late: dict[str, Any] = getattr(made, "__dict__", {})
        for name in HOOKS:
            if name in late:
                raise SimObjectsError(
                    f"{self.path}: {name} is set on the running scheme itself, where nothing calls it; "
                    f"define it in the class {type(made).__name__}"
                )
        return made

    def read_stats(self) -> Mapping[str, object]:
        return {"bytes": self.own_bytes}
