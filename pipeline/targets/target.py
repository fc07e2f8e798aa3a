"""The types that say what goes to Zoho: a `Target` per module, a `Field` per Zoho field. Data only, no behaviour."""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from pipeline.schemas import DATE, INSTANT, MANAGER_KEY, PERSON, READY_PROVENANCE, TEXT


class Kind(StrEnum):
    """How a value is cleaned, stored in ready/ and written on the wire."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    PICKLIST = "picklist"
    LOOKUP = "lookup"  # ready/ holds the cluster_key of a row of another target, load replaces it by the CRM's id
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    PARTICIPANTS = "participants"


class Overflow(StrEnum):
    """What happens to a text longer than its field: keys and addresses are never cut."""

    CUT = "cut"
    REJECT = "reject"


# A `lookup` to a contact whose ready value is an address: the contact may be one that only the CRM has.
CONTACT_BY_ADDRESS = "contacts:Email"
MANAGER = "manager"  # the extracted column with a manager's name
_LONGEST_LINE = 255  # Zoho's single-line fields (zoho-api.md 5)
ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: TEXT,
    Kind.EMAIL: TEXT,
    Kind.PHONE: TEXT,
    Kind.PICKLIST: TEXT,
    Kind.LOOKUP: TEXT,
    Kind.DATE: DATE,
    Kind.DATETIME: INSTANT,
    Kind.BOOLEAN: pa.bool_(),
    Kind.PARTICIPANTS: pa.list_(PERSON),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One Zoho field.

    `source`: the extracted column it comes from, "" for a field with a `constant` (as text) in every record, and for a
    look-up that load makes;
    `length` in UTF-16 units, more than 255 being a field of several lines; `lookup`: table of the target that a LOOKUP
    points to; `values`: for a PICKLIST our value → Zoho's actual value. `is_custom`: from pipeline.toml, so that no
    rule of its own makes it. Lengths and labels: reference page of the plug-in, else Zoho's metadata.
    """

    api_name: str
    source: str
    kind: Kind = Kind.TEXT
    length: int | None = None
    is_required: bool = False
    overflow: Overflow = Overflow.CUT
    lookup: str = ""
    values: tuple[tuple[str, str], ...] = ()
    constant: str = ""
    is_custom: bool = False
    label_en: str
    label_ja: str

    @property
    def has_lines(self) -> bool:
        """Whether the field keeps line ends."""
        return self.length is not None and self.length > _LONGEST_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """An extracted column that no standard field takes: a labelled line of Description, and listed.

    `source` is a column; its text, or its list parted by "; ".
    """

    source: str
    label_en: str
    label_ja: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchKey:
    """Fields by which a record of the CRM is the same thing as a ready row.

    Compared folded (NFKC, case, spaces). `only_without`: the key holds only where these fields are empty on both
    sides; `within_owner`: only among records of the same owner.
    """

    fields: tuple[str, ...]
    only_without: tuple[str, ...] = ()
    within_owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One Zoho module: where its rows come from, which fields they have, when two are the same, how they are sent.

    `table`: name of the ready table; `source`: extracted table; `match`: tried in order, the first key with values
    decides; `is_bulk`: whether bulk write takes the module (Events it does not); `asides`: what goes into Description;
    `has_manager`: a record may point to another of the module (schemas.MANAGER_KEY); `layout`: id or name of the layout
    that new records get, "" for the standard one, which Zoho gives by itself.
    Every record also has an Owner: the CRM user of its mailbox (schemas.READY_PROVENANCE).
    """

    table: str
    module: str
    source: str
    fields: tuple[Field, ...]
    match: tuple[MatchKey, ...]
    is_bulk: bool
    label_en: str
    label_ja: str
    asides: tuple[Aside, ...] = ()
    has_manager: bool = False
    layout: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the API names of the fields, in order."""
        return tuple(field.api_name for field in self.fields)

    def schema(self) -> pa.Schema:
        """Return the schema of the ready table: provenance, then the Zoho fields by API name."""
        manager = [(MANAGER_KEY, TEXT)] if self.has_manager else []
        return pa.schema(
            [*READY_PROVENANCE, *manager, *((field.api_name, ARROW_TYPES[field.kind]) for field in self.fields)]
        )

    def field(self, api_name: str) -> Field:
        """Return the field of that API name.

        Raises:
            KeyError: there is none.
        """
        for field in self.fields:
            if field.api_name == api_name:
                return field
        raise KeyError(api_name)
