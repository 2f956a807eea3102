# SPDX-License-Identifier: BSD-3-Clause
"""What the project asks of each object of a machine: the hooks, and the facts that a class states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from .citation import Citation
from .events import details
from .hooks import hook
from .peers import Peers
from .problems import Problem


class Behaviour:
    """The hooks of a SimObject with what they do unless a class overrides them, and what a class may state."""

    is_engine: ClassVar[bool] = False
    """Whether its peer drives the machine; exactly one object of a machine does."""
    kind: ClassVar[str] = ""
    """What sort of part it is, such as "workload": the same colour in every picture."""
    debug_kinds: ClassVar[tuple[str, ...]] = ()
    """What can be traced of it."""
    short: ClassVar[str] = ""
    """What a script may write in place of an object of this class, where one of its family is wanted (`choice`)."""
    stateless: ClassVar[bool] = False
    """Whether its peer holds nothing that changes during a run, so that checkpoints pass it over."""
    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {}
    """Parameters that may differ from a checkpoint's when it is restored: freely, or by being larger. `*`: all."""
    citation: ClassVar[tuple[Citation, ...]] = ()
    """Whose design it implements; `citations.bib` of a run has them."""

    @classmethod
    def cited(cls) -> tuple[Citation, ...]:
        """What a run with such an object cites: its `citation`, and what else follows from the facts of its class."""
        return cls.citation

    @hook
    def elaborate(self) -> None:
        """Complete the machine before it is validated: attach further children, `note` or report a `problem`.

        Called for each object of a machine, owners first; again when it read a reference that nothing answered
        yet. It must do nothing where its work is done already: a saved machine that is loaded holds what it made.
        """

    @hook
    def check(self) -> Iterable[Problem]:
        """Problems that concern several parameters at once; make them with `problem`."""
        return ()

    @hook
    def identity(self) -> Mapping[str, Any]:
        """Facts besides the parameters that the hash of a run covers, such as the contents of a file."""
        return {}

    @hook
    def provenance(self) -> Mapping[str, str]:
        """Where what it works on comes from, such as the program of a trace, for a reader; no part of the hash."""
        return {}

    @hook
    def further_code(self) -> Iterable[object]:
        """Functions and classes besides its own class that run in it and that a user may have written.

        What of them is not ours belongs to the hash of a run, with the files that it is in and all that these import.
        """
        return ()

    @hook
    def make_peer(self) -> object | None:
        """Allocate the running half from this object's own parameters.

        Peers of other objects are not there yet: `wire` has them.

        Returns:
            The peer; None when it has none.
        """
        return None

    @hook
    def wire(self, peers: Peers) -> None:
        """Connect the running half to others.

        Args:
            peers: `peers[obj]` is the peer of another object; all of them are made.
        """

    @hook
    def read_stats(self) -> Mapping[str, object] | None:
        """Statistics of an object that knows them without a peer, by name; None: its peer counts all of them."""
        return None

    @hook
    def artifacts(self, peers: Peers) -> Mapping[str, bytes]:
        """Contents of further files of a run directory.

        Args:
            peers: the running halves, when the run has come to its end.

        Returns:
            Bytes by the ending that comes after the object's path, such as `csv`.
        """
        return {}

    @hook
    def explain(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of the object that drives the machine: what an event says, in terms that the user knows."""
        return payload

    @hook
    def event_text(self, payload: Mapping[str, Any]) -> str:
        """Of the object that drives the machine: what is printed of an event after its kind, cycle and reference."""
        return details(payload)
