"""Records as the API shows them (zoho-api 3.6)."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.sandbox import people
from pipeline.sandbox.catalog import RELATED_BY_WHAT, SYSTEM_TIMES, SYSTEM_USERS, Catalog, Field, Module
from pipeline.sandbox.clock import shown
from pipeline.sandbox.stored import Record, names


@dataclass
class Renderer:
    """Shows records of one module; names of what they point to are looked up once."""

    db: sqlite3.Connection
    catalog: Catalog
    module: Module
    zone: ZoneInfo
    _users: Mapping[int, dict[str, Any]] | None = None
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def record(self, record: Record, wanted: Collection[str] | None = None) -> dict[str, Any]:
        """Return a record with the wanted fields, or all; `id` is always there."""
        shown_fields = [known for known in self.module.fields.values() if wanted is None or known.api_name in wanted]
        body = {known.api_name: self._value(known, record) for known in shown_fields}
        marks = record.data.items() if wanted is None or "What_Id" in wanted else ()
        extra = {key: value for key, value in marks if key.startswith("$")}
        if wanted is None or "Layout" in wanted:
            extra |= self._layout(record)
        return {"id": str(record.id), **body, **extra}

    def cell(self, record: Record, column: str) -> str:
        """Return a bulk read cell: `id`, a field (look-ups give the id), or `Account_Name.Account_Name` (add. 3, M)."""
        if column.lower() == "id":
            return str(record.id)
        name, _, below = column.partition(".")
        value = self._value(self.module.fields[name], record)
        if isinstance(value, dict):
            value = value.get("id") if below in {"", "id"} else self._below(self.module.fields[name], value, below)
        return _cell(value)

    def _value(self, known: Field, record: Record) -> Any:  # noqa: ANN401 - JSON
        name = known.api_name
        if name in SYSTEM_TIMES:
            return shown(getattr(record, SYSTEM_TIMES[name]), self.zone)
        if name in SYSTEM_USERS:
            return self._user(getattr(record, SYSTEM_USERS[name]))
        value = record.data.get(name)
        if value is None:
            return False if known.data_type == "boolean" else None
        if known.data_type == "datetime":
            return datetime.fromisoformat(value).astimezone(self.zone).isoformat(timespec="seconds")
        if known.is_lookup:
            return self._linked(known, value, record)
        return value

    def _layout(self, record: Record) -> dict[str, Any]:
        """Return the layout of a record: the standard one where it named none (M)."""
        known = {one.id: one.name for one in self.module.layouts}
        layout = record.data.get("Layout") or next(iter(known), "")
        return {"Layout": {"id": layout, "name": known.get(layout, "")}}

    def _user(self, user_id: int) -> dict[str, Any]:
        if self._users is None:
            self._users = people.definitions(self.db)
        user = self._users[user_id]
        return {"name": user["full_name"], "id": user["id"], "email": user["email"]}

    def _linked(self, known: Field, value: str, record: Record) -> dict[str, Any]:
        candidates = [known.lookup] if known.lookup else self._related(record)
        for module in candidates:
            name = self._name(self.catalog.module(module), value)
            if name is not None:
                return {"name": name, "id": value}
        return {"name": None, "id": value}

    def _related(self, record: Record) -> Sequence[str]:
        named = record.data.get("$se_module")
        return [named] if named else sorted(RELATED_BY_WHAT)

    def _name(self, module: Module, record_id: str) -> str | None:
        known = self._names.setdefault(module.api_name, {})
        if record_id not in known:
            known.update(names(self.db, module, [record_id]))
        return known.get(record_id)

    def _below(self, known: Field, value: Mapping[str, Any], below: str) -> Any:  # noqa: ANN401 - JSON
        if known.data_type == "ownerlookup":
            return {**(self._users or {}).get(int(value["id"]), {}), **value}.get(below)
        module = self.catalog.module(known.lookup)
        if below == module.display_field:
            return value["name"]
        query = "SELECT json_extract(data, ?) FROM records WHERE id = ? AND deleted_at IS NULL"
        row = self.db.execute(query, (f'$."{below}"', int(value["id"]))).fetchone()
        return row[0] if row else None


def is_column(catalog: Catalog, module: Module, column: str) -> bool:
    """Tell whether bulk read and COQL can show `column` of the module: a field, or a field of what it points to."""
    name, dot, below = column.partition(".")
    known = module.field(name)
    if column.lower() == "id":
        return True
    if known is None or known.data_type == "participants":
        return False
    if not dot:
        return True
    if known.data_type == "ownerlookup":
        return below in {"id", "email", "first_name", "last_name", "full_name", "name"}
    return bool(known.lookup) and (below == "id" or catalog.module(known.lookup).field(below) is not None)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return str(value)


def columns_of(module: Module) -> Iterable[str]:
    """Yield what bulk read shows when no fields are asked for."""
    return (known.api_name for known in module.fields.values() if known.data_type != "participants")
