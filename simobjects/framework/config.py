# SPDX-License-Identifier: BSD-3-Clause
"""A machine as JSON: written, hashed, and read back."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .answers import plain_data
from .containers import ChildDict, ChildList
from .declared import declared
from .epoch import RESULTS_EPOCH
from .node import Part
from .parse import plain
from .problems import naming
from .source import Untouched, source_digest
from .source.owners import shown_module
from .tree import children_by_name, references_of
from .unchanging import remembered
from .validate import validate

FORMAT = 1
"""The version of the layout of a dumped configuration."""


def dump_config(system: Part) -> dict[str, Any]:
    """The complete machine as plain data, with everything that elaboration adds.

    Quantities are whole numbers in base units, references and connections are paths. `load_config` reads it back.

    Returns:
        A dict with `format` and `system`, which JSON can hold.

    Raises:
        ConfigError: the machine is wrong.
    """
    validate(system)
    return {"format": FORMAT, "system": _dump(system, None)}


def config_json(system: Part) -> str:
    """`dump_config` as text: sorted, indented, the same bytes each time."""
    return json.dumps(dump_config(system), indent=2, sort_keys=True, allow_nan=False) + "\n"


def config_hash(system: Part) -> str:
    """SHA-256 in hex of all that decides the results: `identity_dump`, and the results epoch. Equal hashes, equal
    numbers.

    Raises:
        ConfigError: the machine is wrong.
    """
    return identity_hash(identity_dump(system))


def identity_hash(identity: dict[str, Any]) -> str:
    """`config_hash` of the machine that `identity_dump` gave this for."""
    data = {"format": FORMAT, "results_epoch": RESULTS_EPOCH, "system": identity}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def identity_dump(system: Part) -> dict[str, Any]:
    """All of a machine that decides the results, as plain data.

    Parameters with `identity=False` are left out. What an object says in `identity` is in it, and the digest of the
    Python that is not ours and runs in it.
    """
    validate(system)
    return _dump(system, remembered(Untouched, Untouched))


def type_name(cls: type) -> str:
    """`module:Class`, by which a dumped object finds its class again.

    A class of the script itself has the module `script`, however the script is started.
    """
    return f"{shown_module(cls.__module__)}:{cls.__qualname__}"


def _dump(obj: Part, ours: Untouched | None) -> dict[str, Any]:
    """With `ours` what decides the results, else everything."""
    everything = ours is None
    made: dict[str, Any] = {
        "type": type_name(type(obj)),
        "short": type(obj).short,
        "params": _params(obj, everything),
        "children": {name: _dump_held(held, ours) for name, held in children_by_name(obj).items()},
        "references": {name: _path(getattr(obj, name)) for name in references_of(type(obj))},
        "connections": {name: link.path for name, link in obj._node.connections.items()},
    }
    if ours is not None:
        with naming("asking for the identity of", obj):
            made["identity"] = plain_data(obj, "identity", obj.identity())
            roots = (type(obj), *obj.further_code(), *_callables(obj))
        made["source"] = "" if ours.all(roots) else source_digest(roots)
    return {key: value for key, value in made.items() if value or key == "type"}


def _params(obj: Part, everything: bool) -> dict[str, Any]:
    known = declared(type(obj))
    return plain(obj, known.params if everything else known.identity, _shown_code)


def _shown_code(value: Any) -> str:
    """Code is no plain data: its name in the configuration, its source in the identity."""
    if not callable(value):
        raise TypeError(f"a parameter is of type {type(value).__name__}, which is no plain data; use numbers and text")
    return f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', type(value).__qualname__)}"


def _callables(obj: Part) -> list[object]:
    """Parameters that are code, and what a class keeps beside its parameters.

    Pydantic documents `__private_attributes__` among the attributes of a model class; no function of its lists them.
    """
    private = [getattr(obj, name) for name in type(obj).__private_attributes__ if hasattr(obj, name)]
    values = vars(obj)
    if not any(map(callable, values.values())):
        return private
    return [*(values[name] for name in type(obj).model_fields if callable(values.get(name))), *private]


def _dump_held(held: Any, ours: Untouched | None) -> Any:
    if isinstance(held, ChildList):
        return [_dump(item, ours) for item in held]
    if isinstance(held, ChildDict):
        return {key: _dump(item, ours) for key, item in held.items()}
    return None if held is None else _dump(held, ours)


def _path(obj: Part | None) -> str | None:
    return None if obj is None else obj.path
