# SPDX-License-Identifier: BSD-3-Clause
"""Lists and dicts of children: attaching, detaching and naming as their contents change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence
from typing import Any

from .attach import attach
from .node import Holder, Part
from .problems import FrozenError, show

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class _Held(Holder):
    """What both containers share: their owner, their name there, and the class of their items."""

    def __init__(self, owner: Part, name: str, target: type[Any]) -> None:
        self.owner = owner
        self.name = name
        self.target = target

    def _take(self, label: str, value: object) -> bool:
        return attach(self.owner, label, value, self.target)

    def _change(self) -> None:
        if self.owner._node.frozen:
            raise FrozenError(f"{self.owner.path}.{self.name} cannot be changed: the machine is built")


class ChildList(_Held, MutableSequence[Any]):
    """A list of children, with paths like `system.host.tasks[0]`."""

    def __init__(self, owner: Part, name: str, target: type[Any], items: object = ()) -> None:
        super().__init__(owner, name, target)
        self._items: list[Any] = []
        assert isinstance(items, (list, tuple, ChildList))
        for item in items:
            self.append(item)

    def held(self) -> Iterator[tuple[str, Part]]:
        """(label, child) in the order of the list."""
        return ((f"{self.name}[{number}]", item) for number, item in enumerate(self))

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._change()
        if isinstance(index, slice):
            kept = list(self._items)
            kept[index] = value
            self._replace(kept)
            return
        old = self._items[index]
        old._node.parent = None
        position = range(len(self._items))[index]
        if self._take(f"{self.name}[{position}]", value):
            self._items[position] = value
        else:
            old._node.parent = self.owner

    def __delitem__(self, index: Any) -> None:
        self._change()
        gone = self._items[index]
        for item in gone if isinstance(index, slice) else [gone]:
            item._node.parent = None
        del self._items[index]
        self._rename()

    def insert(self, index: int, value: Any) -> None:
        """Attach `value` before `index`."""
        self._change()
        position = min(max(index + len(self._items) if index < 0 else index, 0), len(self._items))
        for number, item in enumerate(self._items[position:], start=position + 1):
            item._node.label = f"{self.name}[{number}]"
        if self._take(f"{self.name}[{position}]", value):
            self._items.insert(position, value)
        else:
            self._rename()

    def __repr__(self) -> str:
        return repr(self._items)

    def _replace(self, items: list[Any]) -> None:
        for item in self._items:
            item._node.parent = None
        self._items.clear()
        for item in items:
            self.append(item)

    def _rename(self) -> None:
        for number, item in enumerate(self._items):
            item._node.label = f"{self.name}[{number}]"


class ChildDict(_Held, MutableMapping[str, Any]):
    """A dict of children, with paths like `system.board.devices.uart`."""

    def __init__(self, owner: Part, name: str, target: type[Any], items: object = ()) -> None:
        super().__init__(owner, name, target)
        self._items: dict[str, Any] = {}
        if isinstance(items, Mapping):
            for key, value in items.items():
                self[key] = value

    def held(self) -> Iterator[tuple[str, Part]]:
        """(label, child) by key."""
        return ((f"{self.name}.{key}", item) for key, item in sorted(self.items()))

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._change()
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            self.owner._node.report(
                f"{self.name}[{show(key)}]",
                value,
                "a key of letters, digits, _ and - that starts with a letter",
                "rename the key; it becomes part of a path",
            )
            return
        old = self._items.get(key)
        if old is not None:
            old._node.parent = None
        if self._take(f"{self.name}.{key}", value):
            self._items[key] = value
        elif old is not None:
            old._node.parent = self.owner

    def __delitem__(self, key: str) -> None:
        self._change()
        self._items.pop(key)._node.parent = None

    def __repr__(self) -> str:
        return repr(self._items)
