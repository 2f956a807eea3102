# SPDX-License-Identifier: BSD-3-Clause
"""The header of a trace file: where it came from and what it holds, as Arrow schema metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from simobjects.base.names import nearest

FORMAT_KEY = "simobjects.trace"
FORMAT_VERSION = "1"

_LONGEST_TEXT = 65536


@dataclass(frozen=True)
class TraceHeader:
    """What a trace file says of itself. Counts are exact and are checked against the data when it is first read.

    Attributes:
        granule: bytes of a page.
        source: program or command line, or the file it was imported from.
        importer: which importer made it, with its options.
        architecture: instruction set of the traced program.
        address_map: "none", or how addresses were renumbered.
        instructions: fetched instructions.
        accesses: data accesses: loads + stores.
        loads: loads.
        stores: stores.
        crossings: references that cross a page and so are two look-ups.
        lookups: look-ups: instructions + accesses + crossings.
        records: rows of the columns.
        pages: different pages touched.
        content_hash: SHA-256 (hex) of the column data and the granule.
        created_by: tool and version.
        license_note: terms of the traced program and its input, when shipped.
        machine: of a full-system stream: what its guest ran on, as JSON; else empty.

    Raises:
        ValueError: when one is made with values that no trace has.
    """

    granule: int
    source: str
    importer: str
    architecture: str
    address_map: str
    instructions: int
    accesses: int
    loads: int
    stores: int
    crossings: int
    lookups: int
    records: int
    pages: int
    content_hash: str
    created_by: str
    license_note: str = ""
    machine: str = ""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in COUNTS and (type(value) is not int or value < 0):
                raise ValueError(f"{name} is {value!r}, expected a whole number")
            if name not in COUNTS and (not isinstance(value, str) or len(value) > _LONGEST_TEXT):
                raise ValueError(f"{name} is no text of at most {_LONGEST_TEXT} characters")
        if not re.fullmatch("[0-9a-f]{64}", self.content_hash):
            raise ValueError(f"content_hash is {self.content_hash[:24]!r}, expected 64 hexadecimal digits")
        self._check_sums()

    def _check_sums(self) -> None:
        if self.granule != 4096:
            raise ValueError(f"granule is {self.granule}, only 4096 is supported")
        if self.loads + self.stores != self.accesses:
            raise ValueError(f"loads {self.loads} + stores {self.stores} are not accesses {self.accesses}")
        if self.instructions + self.accesses + self.crossings != self.lookups:
            raise ValueError(
                f"instructions {self.instructions} + accesses {self.accesses} + crossings {self.crossings} "
                f"are not lookups {self.lookups}"
            )

    @property
    def full_system(self) -> bool:
        """Whether it is the stream of a whole guest, with everything that its kernel did."""
        return bool(self.machine)

    def provenance(self) -> dict[str, str]:
        """Where the trace comes from and how much it is, for a reader: text by name, in the order of reading."""
        names = ("source", "architecture", "importer", "address_map", "license_note", "created_by", "content_hash")
        facts = {name.replace("_", " "): str(getattr(self, name)) for name in names}
        facts |= {name: f"{getattr(self, name):,}" for name in ("lookups", "instructions", "loads", "stores", "pages")}
        return {name: text for name, text in facts.items() if text}

    def to_metadata(self) -> dict[str, str]:
        """The Arrow schema metadata, in a fixed order."""
        return {FORMAT_KEY: FORMAT_VERSION} | {name: str(value) for name, value in self.facts().items()
                                             if name != "machine" or value}  # fmt: skip

    def facts(self) -> dict[str, int | str]:
        """All of it by name; `TraceHeader(**facts)` is it again."""
        return dict(vars(self))


COUNTS = tuple(field.name for field in fields(TraceHeader) if field.type == "int")
"""What of a header is a number."""


def header_from_metadata(raw: dict[bytes, bytes] | None) -> TraceHeader:
    """The header of an Arrow file's schema metadata, which may be anybody's bytes.

    Args:
        raw: names and values as the file has them.

    Raises:
        ValueError: what is wrong, in one sentence.
    """
    try:
        metadata = {key.decode(): value.decode() for key, value in (raw or {}).items()}
    except UnicodeDecodeError as error:
        raise ValueError(f"the schema metadata is not UTF-8 ({error})") from None
    version = metadata.pop(FORMAT_KEY, None)
    if version is None:
        near = nearest(FORMAT_KEY, metadata)
        raise ValueError(f"the schema metadata has no {FORMAT_KEY!r}" + (f" (but {near!r})" if near else ""))
    if version != FORMAT_VERSION:
        raise ValueError(f"{FORMAT_KEY} is {version!r}, this version reads {FORMAT_VERSION!r}")
    return _of(metadata)


def _of(metadata: Mapping[str, str]) -> TraceHeader:
    known = {field.name: field for field in fields(TraceHeader)}
    for name, field in known.items():
        if name not in metadata and field.default is MISSING:
            raise ValueError(f"the schema metadata has no {name!r}")
        if name in COUNTS and not re.fullmatch("[0-9]{1,18}", metadata[name]):
            raise ValueError(f"{name} is {metadata[name][:24]!r}, expected a whole number below 10^18")
    for name in metadata:
        if name not in known:
            raise ValueError(f"a trace's header has no {name[:64]!r}")
    return TraceHeader(**{name: int(text) if name in COUNTS else text for name, text in metadata.items()})  # type: ignore[arg-type]
