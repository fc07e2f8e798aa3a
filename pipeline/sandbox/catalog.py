"""The org's modules and fields, as data (seed.json, then the database): lengths and types of zoho-api section 5."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from pipeline.sandbox.errors import Refusal

SYSTEM_TIMES = {"Created_Time": "created_at", "Modified_Time": "modified_at"}
SYSTEM_USERS = {"Owner": "owner", "Created_By": "created_by", "Modified_By": "modified_by"}
_FIRST_LAYOUT, _IDS_A_MODULE = 10_999, 1_000  # among the ids of the org, see org.py
RELATED_BY_WHAT = frozenset({"Accounts", "Deals", "Cases", "Leads"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a module, under Zoho's words.

    `is_required`: mandatory by the layout only, which settings/fields does not say (addendum 5, H); `lookup`: the
    module a look-up points to; `values`: actual values of a pick list, `shown` what it shows for them where that
    differs; `is_unused`: on no layout, so that what is sent vanishes (addendum 5, M).
    """

    api_name: str
    label: str
    data_type: str
    length: int | None = None
    is_mandatory: bool = False
    is_required: bool = False
    is_read_only: bool = False
    is_unique: bool = False
    is_custom: bool = False
    is_unused: bool = False
    lookup: str = ""
    values: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    default: str = ""

    @property
    def is_lookup(self) -> bool:
        """Whether it points to a record or a user."""
        return self.data_type in {"lookup", "ownerlookup", "multi_module_lookup"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One layout.

    `label`: what people see in place of the name; `required`: fields that it requires and others do not;
    an inactive one is given to no record.
    """

    id: str
    name: str
    label: str = ""
    is_active: bool = True
    required: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module. `display_field` names its records; `duplicate_field` is the system's check on upsert (3.2, H).

    `layouts`: the standard one first, which records get that name none.
    """

    api_name: str
    singular: str
    plural: str
    display_field: str
    duplicate_field: str
    is_bulk_write: bool
    is_bulk_read: bool = True
    is_upsert: bool
    fields: Mapping[str, Field] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = ()

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        """Fields no two records may share a value of."""
        return tuple(known for known in self.fields.values() if known.is_unique)

    @cached_property
    def indexed(self) -> tuple[str, ...]:
        """Fields that records are found by: unique ones, the name, the system's duplicate check, e-mails."""
        names = {known.api_name for known in self.fields.values() if known.is_unique or known.data_type == "email"}
        names |= {self.display_field, self.duplicate_field} - {""}
        return tuple(sorted(names))

    @cached_property
    def mandatory(self) -> tuple[Field, ...]:
        """Fields without which no record is made."""
        return tuple(known for known in self.fields.values() if known.is_mandatory or known.is_required)

    def field(self, api_name: str) -> Field | None:
        """Return the field of that API name, if any."""
        return self.fields.get(api_name)

    def layout(self, layout_id: object) -> Layout | None:
        """Return the active layout of that id, if any."""
        return next((one for one in self.layouts if one.id == str(layout_id) and one.is_active), None)

    def to_json(self) -> str:
        """Write the module for the database."""
        own = {name: value for name, value in vars(self).items() if name in self.__dataclass_fields__}
        lists = {"fields": list(map(asdict, self.fields.values())), "layouts": list(map(asdict, self.layouts))}
        return json.dumps({**own, **lists}, ensure_ascii=False)

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> "Module":
        """Read a module from seed.json or the database."""
        fields = [Field(**_with_tuples(known)) for known in definition["fields"]]
        layouts = tuple(
            Layout(**{**one, "required": tuple(one.get("required", ()))}) for one in definition.get("layouts", ())
        )
        return cls(**{**definition, "fields": {known.api_name: known for known in fields}, "layouts": layouts})

    def with_field(self, api_name: str, changes: Mapping[str, Any]) -> "Module":
        """Return the module with one field changed, or added when `changes` describes it whole."""
        known = self.fields.get(api_name)
        changes = _with_tuples(changes)
        made = replace(known, **changes) if known else Field(**{"api_name": api_name, "label": api_name, **changes})
        return replace(self, fields={**self.fields, api_name: made})

    def without_field(self, api_name: str) -> "Module":
        """Return the module without one field."""
        return replace(self, fields={name: known for name, known in self.fields.items() if name != api_name})


def _with_tuples(described: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if name in {"values", "shown"} else value for name, value in described.items()}


@dataclass(frozen=True)
class Catalog:
    """All modules of the org, in their order."""

    modules: Mapping[str, Module]
    closed: Mapping[str, str] = field(default_factory=dict)  # module outside the edition → status and code

    def __iter__(self) -> Iterator[Module]:
        """Yield the modules."""
        return iter(self.modules.values())

    def find(self, name: str) -> Module | None:
        """Return a module by API name, whatever its letter case, if there is one."""
        known = self.modules.get(name)
        return known or next((module for module in self if module.api_name.lower() == name.lower()), None)

    def module(self, name: str) -> Module:
        """Return a module by API name.

        Raises:
            Refusal: there is none: INVALID_MODULE (zoho-api 3.4, H).
        """
        known = self.find(name)
        if known is None and (answer := self.closed.get(name)):
            status, _, code = answer.partition(" ")
            raise Refusal(int(status), code, "the module is not available in this edition", {})
        if known is None:
            details = {"resource_path_index": 0}
            raise Refusal(400, "INVALID_MODULE", "the module name given seems to be invalid", details)
        return known


def read(db: sqlite3.Connection) -> Catalog:
    """Read the modules from the database."""
    (base,) = db.execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
    rows = db.execute("SELECT position, definition FROM modules ORDER BY position")
    modules = [_with_standard(Module.of(json.loads(definition)), int(base), position) for position, definition in rows]
    row = db.execute("SELECT value FROM meta WHERE key = 'closed_modules'").fetchone()
    return Catalog({module.api_name: module for module in modules}, json.loads(row[0]) if row else {})


def _with_standard(module: Module, base: int, position: int) -> Module:
    """Return a module with its standard layout; its id is beyond those of its fields."""
    standard = Layout(id=str(base + _FIRST_LAYOUT + _IDS_A_MODULE * position), name="Standard")
    return module if module.layouts else replace(module, layouts=(standard,))


def close(db: sqlite3.Connection, module: Module, answer: str) -> None:
    """Take a module, and what points to it, out of the edition; who asks for it gets `answer`, a status and a code."""
    known = read(db)
    closed = {**known.closed, module.api_name: answer}
    for other in known:
        for name in (one.api_name for one in other.fields.values() if one.lookup == module.api_name):
            other = other.without_field(name)  # noqa: PLW2901 - field by field
        write(db, other)
    db.execute("DELETE FROM modules WHERE api_name = ?", (module.api_name,))
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('closed_modules', ?)", (json.dumps(closed),))


def write(db: sqlite3.Connection, module: Module) -> None:
    """Keep a module, at its place or as the last."""
    db.execute(
        "INSERT INTO modules (api_name, position, definition)"
        " VALUES (?, (SELECT COUNT(*) FROM modules), ?)"
        " ON CONFLICT (api_name) DO UPDATE SET definition = excluded.definition",
        (module.api_name, module.to_json()),
    )
