# SPDX-License-Identifier: BSD-3-Clause
"""What a simulation may ask of peers.

The engine, the peer of the object whose class states `is_engine`, must be an `Engine`. The other things are asked only
of peers that say they do them: a class of peers is derived from the role, or registered with it
(`Saved.register(TankPeer)`), as compiled classes are. A peer's other methods are its own, whatever their names.

Two things an object's class states by what it declares: whoever has statistics has a peer with `read_stats`, unless it
reads them itself, and whoever has `debug_kinds` a peer that is `Traced`.
"""

from __future__ import annotations

from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

from .peers import Peers

C = TypeVar("C", bound=type)


class Engine(Protocol):
    """Drives the machine."""

    def advance(self, references: int, cycle_limit: int) -> tuple[int, Mapping[str, Any]]:
        """Go on, until something is to be told.

        Args:
            references: consume at most so many.
            cycle_limit: stop at this cycle at the latest; -1: at none.

        Returns:
            A `StopReason`, and what is to be told of it, by name.
        """

    def now(self) -> int:
        """The current cycle."""

    def references(self) -> int:
        """References consumed so far."""


ENGINE = ("advance", "now", "references")
"""The methods without which an engine is none."""


@runtime_checkable
class Counted(Protocol):
    """Counts for an object that declares statistics."""

    def read_stats(self) -> Mapping[str, object]:
        """The value of each declared statistic: a whole number, or of several values a sequence in the order of the
        labels.
        """


@runtime_checkable
class Traced(Protocol):
    """Tells what happens in it, for an object that states `debug_kinds`."""

    def debug_enable(self, kinds: list[str], start: int, stop: int) -> None:
        """Collect what happens.

        Args:
            kinds: of the object's `debug_kinds`.
            start: the first cycle.
            stop: the first that no longer counts; -1: to the end.
        """

    def debug_drain(self) -> Iterable[tuple[int, str, str]]:
        """(cycle, kind, text) of what was collected since the last call."""


class RoleMeta(ABCMeta):
    """The class of roles: who takes one has its methods."""

    def register(cls, subclass: C) -> C:
        """Say that the instances of a class play this role, without being derived from it.

        Args:
            subclass: such as a compiled class of peers.

        Returns:
            The class, so that it may stand as a decorator.

        Raises:
            TypeError: it lacks a method of the role.
        """
        lacking = [name for name in sorted(cls.__abstractmethods__) if not callable(getattr(subclass, name, None))]
        if lacking:
            raise TypeError(f"{subclass.__qualname__} is no {cls.__name__}: it has no {', '.join(lacking)}")
        super().register(subclass)
        return subclass


class Role(metaclass=RoleMeta):
    """Base of what peers may do besides being there."""


class Begins(Role):
    """An engine that does something before the first reference."""

    @abstractmethod
    def begin(self) -> None:
        """The machine is complete, with its state if it was restored, and is about to run."""


class Idles(Role):
    """An engine that comes back with IDLE when the guest waits and somebody outside may end that."""

    @abstractmethod
    def idle(self, cycles: int) -> None:
        """So much of the waiting may pass before it comes back again."""


class KnowsLength(Role):
    """An engine that knows how long its workload is."""

    @abstractmethod
    def total_references(self) -> int:
        """References of the whole workload; -1: not known."""


class PassesOver(Role):
    """An engine that may take much at once, for the same results."""

    @abstractmethod
    def path(self) -> dict[str, str]:
        """What is taken at once, and what is not, and why: words by what they are about."""


class CountsInstructions(Role):
    """An engine whose references belong to instructions."""

    @abstractmethod
    def instructions(self) -> int:
        """Instructions executed so far."""


class Steps(CountsInstructions):
    """An engine that executes instructions, and can do so one at a time."""

    @abstractmethod
    def step(self, count: int = 1, *, over_break: bool = True) -> tuple[int, Mapping[str, Any]]:
        """Execute instructions, at most so many.

        Args:
            count: of instructions.
            over_break: the first one is executed also when there is a breakpoint at it.

        Returns:
            As `Engine.advance`.
        """


class Debugged(Steps):
    """An engine that a debugger can look into. Addresses are effective ones."""

    @abstractmethod
    def register_names(self) -> list[str]:
        """Every register."""

    @abstractmethod
    def read_register(self, name: str) -> int:
        """The value of a register."""

    @abstractmethod
    def write_register(self, name: str, value: int) -> None:
        """Give a register a value."""

    @abstractmethod
    def read_memory(self, ea: int, count: int) -> bytes:
        """Bytes of memory."""

    @abstractmethod
    def write_memory(self, ea: int, data: bytes) -> None:
        """Write bytes of memory."""

    @abstractmethod
    def set_breakpoint(self, ea: int) -> None:
        """Stop before the instruction there."""

    @abstractmethod
    def clear_breakpoint(self, ea: int) -> None:
        """Undo `set_breakpoint`."""

    @abstractmethod
    def set_watchpoint(self, ea: int, count: int, kind: str = "write", *, before: bool = False) -> None:
        """Stop at an access to bytes of memory.

        Args:
            ea: effective address of the first one.
            count: of bytes.
            kind: "write", "read" or "access", which is either.
            before: stop before the access is done, not after.
        """

    @abstractmethod
    def clear_watchpoint(self, ea: int, count: int, kind: str = "write", *, before: bool = False) -> None:
        """Undo `set_watchpoint`."""


class Outlet(Role):
    """Passes something on to the world outside, after every slice of a run."""

    @abstractmethod
    def drain(self, terminal: Callable[[str], object]) -> None:
        """Pass it on; `terminal` prints to the person at it."""

    @property
    def listens(self) -> bool:
        """Whether something may come in here from outside at any time."""
        return False

    def pause(self, seconds: float | None) -> float | None:
        """The guest waits, for so many simulated seconds or, None, for ever: sleep until something may have come in.

        The simulated seconds that may pass for it; None: nothing comes in here.
        """
        return None


class LeavesFiles(Role):
    """Leaves files in the directory of a run."""

    @abstractmethod
    def files(self) -> Mapping[str, bytes]:
        """Contents by name."""


class Saved(Role):
    """Has state that a checkpoint holds. Objects whose peers have none state `stateless`."""

    @abstractmethod
    def save(self) -> dict[str, int | bytes]:
        """All of its state.

        Returns:
            Whole numbers and bytes by name; nothing else is kept.

        Raises:
            ValueError: there is no way to write it down.
        """

    @abstractmethod
    def restore(self, fields: dict[str, int | bytes]) -> None:
        """Take the state that `save` gave.

        Args:
            fields: from a file that may be anybody's, so that each value has to be checked.

        Raises:
            ValueError: it does not fit.
        """


class Restored(Role):
    """Completes itself once every peer has its state."""

    @abstractmethod
    def restored(self) -> None:
        """The state of all peers is there."""


class RunsPrograms(ABC):
    """A SimObject whose peer is an engine that may execute a program. Its class is derived from this one too."""

    @abstractmethod
    def instruction_tracer(
        self, peers: Peers, first: int, last: int | None, write: Callable[[str], object]
    ) -> InstructionTracer:
        """A tracer of the instructions `first` to `last` (None: all that follow)."""

    @abstractmethod
    def start_profile(self, peers: Peers, every: int) -> None:
        """Count by place in the program from now on, with a sample every so many instructions."""

    @abstractmethod
    def profile(self, peers: Peers) -> Any:
        """What was counted since `start_profile`."""


class InstructionTracer(Protocol):
    """Writes a line for each of some instructions."""

    @property
    def distance(self) -> int | None:
        """Instructions to go to the first one that is traced: 0 while tracing, None after the last."""

    def step(self, cycle_limit: int) -> tuple[int, Mapping[str, Any]]:
        """One instruction; as an engine's `advance`."""
