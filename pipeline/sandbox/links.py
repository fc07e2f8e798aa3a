"""Look-ups: what a record points to must be there (zoho-api 2.6, 3.4, 3.5; addendum 4)."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.sandbox.catalog import RELATED_BY_WHAT, Catalog, Field, Module
from pipeline.sandbox.stored import Stamp, find, insert, is_known
from pipeline.sandbox.switches import Positions
from pipeline.sandbox.values import BadValueError

_UNKNOWN = "the related id given seems to be invalid"
_MANY_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Linker:
    """Finds what look-ups mean, in one transaction."""

    db: sqlite3.Connection
    catalog: Catalog
    switches: Positions
    stamp: Stamp

    def from_json(self, field: Field, raw: object, record: Mapping[str, Any]) -> str:
        """Return the id that a look-up of the records API names: `{"id": …}` or the bare id, number or text.

        Raises:
            BadValueError: there is no such record or user; for What_Id: or no `$se_module`.
        """
        number = _id_of(raw)
        if field.data_type == "ownerlookup":
            return self._user("id", str(number))
        module = (
            self._related(record) if field.data_type == "multi_module_lookup" else self.catalog.module(field.lookup)
        )
        if not is_known(self.db, module.api_name, number):
            raise BadValueError("INVALID_DATA", _UNKNOWN)
        return str(number)

    def from_cell(self, field: Field, find_by: str, cell: str) -> str:
        """Return the id of what a CSV cell names by `find_by`: id, a unique field or the display field.

        Raises:
            BadValueError: there is none, and the switch `lookup_missing` does not say that one is made.
        """
        if field.data_type == "ownerlookup":
            return self._user(find_by, cell)
        if field.data_type == "multi_module_lookup":
            return self._anywhere(cell)
        module = self.catalog.module(field.lookup)
        found = find(self.db, module, find_by, cell)
        if found:
            return str(found[0])
        return self._missing(module, find_by, cell)

    def _related(self, record: Mapping[str, Any]) -> Module:
        name = record.get("$se_module")
        if not name:
            dependee = {"api_name": "What_Id", "json_path": "What_Id"}
            raise BadValueError(
                "DEPENDENT_FIELD_MISSING", "required field not found", dependee=dependee, api_name="$se_module"
            )
        module = self.catalog.find(str(name))
        if module is None or module.api_name not in RELATED_BY_WHAT:
            raise BadValueError("INVALID_DATA", api_name="$se_module", supported_values=sorted(RELATED_BY_WHAT))
        return module

    def _user(self, find_by: str, value: str) -> str:
        column = {"id": "id", "email": "email"}.get(find_by)
        query = (
            f"SELECT id FROM users WHERE CAST({column} AS TEXT) = ? COLLATE NOCASE"  # noqa: S608 - one of two columns
            " AND json_extract(definition, '$.status') = 'active'"
        )
        row = self.db.execute(query, (value,)).fetchone() if column else None
        if row is None:
            raise BadValueError("INVALID_DATA", _UNKNOWN)
        return str(row[0])

    def _anywhere(self, cell: str) -> str:
        for module in self.catalog:
            if module.api_name in RELATED_BY_WHAT and find(self.db, module, "id", cell):
                return cell
        raise self._refusal()

    def _missing(self, module: Module, find_by: str, cell: str) -> str:
        mandatory = [field.api_name for field in module.mandatory]
        if (
            self.switches.is_at("lookup_missing", "created")
            and find_by == module.display_field
            and mandatory == [find_by]
        ):
            return str(insert(self.db, module, {find_by: cell}, self.stamp))
        raise self._refusal()

    def _refusal(self) -> BadValueError:
        is_invalid = self.switches.is_at("lookup_missing", "invalid")
        return BadValueError("INVALID_DATA" if is_invalid else "RESOURCE_NOT_FOUND", _UNKNOWN)


def is_findable(field: Field, find_by: str, catalog: Catalog) -> bool:
    """Tell whether bulk write takes `find_by` for this look-up (zoho-api 2.3, H)."""
    if field.data_type == "ownerlookup":
        return find_by in {"id", "email"}
    if field.data_type == "multi_module_lookup":
        return find_by == "id"
    module = catalog.module(field.lookup)
    known = module.field(find_by)
    return find_by in {"id", module.display_field} or (known is not None and known.is_unique)


def _id_of(raw: object) -> int:
    """Read an id as the SDK, the pages and widgets write it (zoho-api 7, addendum 4)."""
    if isinstance(raw, dict):
        if "id" not in raw:
            raise BadValueError("MANDATORY_NOT_FOUND", "required field not found", api_name="id", below="id")
        raw = raw["id"]
    text = str(raw)
    if isinstance(raw, bool) or not text.isascii() or not text.isdigit() or len(text) >= _MANY_DIGITS:
        raise BadValueError("INVALID_DATA", expected_data_type="bigint")
    return int(text)
