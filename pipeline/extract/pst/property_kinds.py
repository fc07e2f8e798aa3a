"""What a MAPI property is: its name ([MS-OXPROPS]), key, kind and the wire types that its kind accepts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.extract.pst import values as wire
from pipeline.extract.pst.property_names import Key


class Kind(StrEnum):
    """What a property's value is here, whatever its wire type."""

    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TIME = "time"
    BINARY = "binary"
    BINARIES = "binaries"
    BODY = "body"


_TEXTS = frozenset({wire.STRING, wire.STRING8, wire.MULTIPLE_STRING, wire.MULTIPLE_STRING8})
WIRE_TYPES: Mapping[Kind, frozenset[int]] = {
    Kind.TEXT: _TEXTS,
    Kind.TEXTS: _TEXTS,
    Kind.INTEGER: frozenset({wire.INTEGER16, wire.INTEGER32, wire.INTEGER64}),
    Kind.FLOAT: frozenset({wire.FLOAT32, wire.FLOAT64}),
    Kind.BOOLEAN: frozenset({wire.BOOLEAN}),
    Kind.TIME: frozenset({wire.TIME}),
    Kind.BINARY: frozenset({wire.BINARY}),
    Kind.BINARIES: frozenset({wire.MULTIPLE_BINARY}),
    Kind.BODY: frozenset({wire.BINARY, wire.STRING, wire.STRING8}),
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property; `columns` are those of the extracted tables that it reaches, as "contacts.given_name".

    `is_copied`: it goes into its columns as it is; else code composes the column from it and others.
    """

    name: str
    key: Key
    kind: Kind
    columns: tuple[str, ...]
    is_copied: bool = True
