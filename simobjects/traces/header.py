# SPDX-License-Identifier: BSD-3-Clause
"""The header of a trace file: where it came from and what it holds, as Arrow schema metadata."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simobjects.base.names import nearest

FORMAT_KEY = "simobjects.trace"
FORMAT_VERSION = "1"

Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=65536)]


class TraceHeader(BaseModel):
    """What a trace file says of itself. Counts are exact and are checked against the data when it is first read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    granule: int = Field(description="bytes of a page")
    source: Text = Field(description="program or command line, or the file it was imported from")
    importer: Text = Field(description="which importer made it, with its options")
    architecture: Text = Field(description="instruction set of the traced program")
    address_map: Text = Field(description='"none", or how addresses were renumbered')
    instructions: Count = Field(description="fetched instructions")
    accesses: Count = Field(description="data accesses: loads + stores")
    loads: Count = Field(description="loads")
    stores: Count = Field(description="stores")
    crossings: Count = Field(description="references that cross a page and so are two look-ups")
    lookups: Count = Field(description="look-ups: instructions + accesses + crossings")
    records: Count = Field(description="rows of the columns")
    pages: Count = Field(description="different pages touched")
    content_hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the column data and the granule")
    created_by: Text = Field(description="tool and version")
    license_note: Text = Field(default="", description="terms of the traced program and its input, when shipped")

    machine: Text = Field(default="", description="of a full-system stream: what its guest ran on, as JSON; else empty")

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

    @model_validator(mode="after")
    def _sums(self) -> TraceHeader:
        if self.granule != 4096:
            raise ValueError(f"granule is {self.granule}, only 4096 is supported")
        if self.loads + self.stores != self.accesses:
            raise ValueError(f"loads {self.loads} + stores {self.stores} are not accesses {self.accesses}")
        if self.instructions + self.accesses + self.crossings != self.lookups:
            raise ValueError(
                f"instructions {self.instructions} + accesses {self.accesses} + crossings {self.crossings} "
                f"are not lookups {self.lookups}"
            )
        return self

    def to_metadata(self) -> dict[str, str]:
        """The Arrow schema metadata, in a fixed order."""
        return {FORMAT_KEY: FORMAT_VERSION} | {name: str(value) for name, value in self.model_dump().items()
                                             if name != "machine" or value}  # fmt: skip


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
    for name, field in TraceHeader.model_fields.items():
        if name not in metadata and field.is_required():
            raise ValueError(f"the schema metadata has no {name!r}")
        if field.annotation is int and not re.fullmatch("[0-9]{1,18}", metadata[name]):
            raise ValueError(f"{name} is {metadata[name][:24]!r}, expected a whole number below 10^18")
    try:
        return TraceHeader.model_validate(metadata)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = str(first["msg"]).removeprefix("Value error, ")
        raise ValueError(f"{place}: {what}" if place else what) from None
