"""Writing one record of the records API, and its answer (zoho-api 3.1 to 3.4)."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.sandbox.catalog import Module
from pipeline.sandbox.checks import Checked, Problem, item_error, read_record, with_defaults, wrong_with
from pipeline.sandbox.clock import shown
from pipeline.sandbox.crm import Crm
from pipeline.sandbox.links import Linker
from pipeline.sandbox.people import user_of
from pipeline.sandbox.stored import Record, Stamp, fetch, find, insert, update
from pipeline.sandbox.switches import Positions
from pipeline.sandbox.values import Rules

_MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class RecordWriter:
    """Writes records of one module in one transaction."""

    module: Module
    linker: Linker
    rules: Rules

    @classmethod
    def of(cls, crm: Crm, db: sqlite3.Connection, module: Module, switches: Positions) -> "RecordWriter":
        """Return the writer of a request."""
        linker = Linker(db, crm.catalog(), switches, Stamp(crm.clock.now(), crm.org.admin))
        return cls(module, linker, Rules(crm.org.zone, switches))

    def insert(self, raw: Mapping[str, Any], index: int) -> dict[str, Any]:
        """Make a record and return its item of the answer."""
        return self._insert(self._read(raw), index)

    def update(self, raw: Mapping[str, Any], index: int, record_id: object) -> dict[str, Any]:
        """Change the record of that id (number or text) and return its item of the answer."""
        if record_id is None:
            return self._refused([Problem("MANDATORY_NOT_FOUND", "id", "required field not found", {})], index)
        text = str(record_id)
        known = fetch(self.linker.db, self.module.api_name, int(text)) if _is_id(text) else None
        if known is None:
            return self._refused([Problem("INVALID_DATA", "id", "the id given seems to be invalid", {})], index)
        return self._update(self._read(raw), known, index)

    def upsert(self, raw: Mapping[str, Any], index: int, fields: Sequence[str]) -> dict[str, Any]:
        """Change the record that has the same value in the first of `fields` that finds one, else make one (3.2, H)."""
        checked = self._read(raw)
        for field in fields:
            value = checked.values.get(field)
            found = find(self.linker.db, self.module, field, value) if value is not None else []
            known = fetch(self.linker.db, self.module.api_name, found[0]) if found else None
            if known:
                item = self._update(checked, known, index)
                return _with_action(item, "update", field)
        return _with_action(self._insert(checked, index), "insert", None)

    def _read(self, raw: Mapping[str, Any]) -> Checked:
        return read_record(self.module, raw, self.linker, self.rules)

    def _insert(self, checked: Checked, index: int) -> dict[str, Any]:
        problems = [*checked.problems, *wrong_with(self.module, checked.values, None, self.linker)]
        problems = _without_repeats(problems)
        if problems:
            return self._refused(problems, index)
        values = with_defaults(self.module, checked.values, self.linker)
        record_id = insert(self.linker.db, self.module, values, self.linker.stamp)
        return self._written(record_id, "record added")

    def _update(self, checked: Checked, known: Record, index: int) -> dict[str, Any]:
        problems = _without_repeats([*checked.problems, *wrong_with(self.module, checked.values, known, self.linker)])
        if problems:
            return self._refused(problems, index)
        update(self.linker.db, self.module, known, checked.values, self.linker.stamp)
        return self._written(known.id, "record updated")

    def _written(self, record_id: int, message: str) -> dict[str, Any]:
        record = fetch(self.linker.db, self.module.api_name, record_id)
        if record is None:
            raise LookupError(record_id)
        zone = self.rules.zone
        details = {
            "id": str(record_id),
            "Created_Time": shown(record.created_at, zone),
            "Modified_Time": shown(record.modified_at, zone),
            "Created_By": self._user(record.created_by),
            "Modified_By": self._user(record.modified_by),
            "$approval_state": "approved",
        }
        return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}

    def _user(self, user_id: int) -> dict[str, Any]:
        user = user_of(self.linker.db, user_id)
        return {"name": user["name"], "id": user["id"]}

    def _refused(self, problems: Sequence[Problem], index: int) -> dict[str, Any]:
        is_first_only = self.linker.switches.is_at("several_errors", "first")
        return item_error(problems, index, is_first_only=is_first_only)


def _without_repeats(problems: Sequence[Problem]) -> list[Problem]:
    """Keep the first problem of a field: a value that cannot be read is not also missing."""
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.api_name, problem)
    return list(first.values())


def _with_action(item: dict[str, Any], action: str, field: str | None) -> dict[str, Any]:
    return item if item["status"] == "error" else {**item, "action": action, "duplicate_field": field}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) < 2**63
