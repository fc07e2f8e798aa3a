"""The participants of a meeting (zoho-api 3.5; addendum 4)."""

from collections.abc import Mapping
from typing import Any

from pipeline.sandbox.links import Linker
from pipeline.sandbox.stored import find, names
from pipeline.sandbox.values import EMAIL, BadValueError

MOST = 50
_MODULES = {"contact": "Contacts", "lead": "Leads"}
_KINDS = ("contact", "lead", "user", "email")


def participants(raw: object, linker: Linker, *, is_invited: bool) -> list[dict[str, Any]]:
    """Return the kept form of `Participants`, as read back: {name, Email, type, participant, invited, status}.

    Raises:
        BadValueError: no list, more than 50, an unknown type, id or address.
    """
    if not isinstance(raw, list):
        raise BadValueError("INVALID_DATA", expected_data_type="jsonarray")
    if len(raw) > MOST:
        raise BadValueError("LIMIT_EXCEEDED", "participants limit exceeded", limit=MOST)
    shared = {"invited": is_invited, "status": "not_known"}
    return [{**_participant(item, linker), **shared} for item in raw]


def _participant(item: object, linker: Linker) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadValueError("INVALID_DATA", expected_data_type="jsonobject")
    kind = item.get("type")
    if kind not in _KINDS:
        raise BadValueError("INVALID_DATA", supported_values=list(_KINDS), below="type")
    if kind == "email":
        address = _address(item, linker)
        return {"name": None, "Email": address, "type": kind, "participant": address}
    found = _user(item, linker) if kind == "user" else _record(item, _MODULES[kind], linker)
    return {**found, "type": kind}


def _address(item: Mapping[str, Any], linker: Linker) -> str:
    """Which key holds a bare address is open: the pages say Email, code in use participant (addendum 4, M)."""
    wanted = linker.switches.text("participant_key")
    keys = ("participant", "Email") if wanted == "either" else (wanted,)
    address = next((item[key] for key in keys if item.get(key)), None)
    if not isinstance(address, str) or not EMAIL.match(address):
        raise BadValueError("INVALID_DATA", expected_data_type="email", below=keys[0])
    return address


def _record(item: Mapping[str, Any], module_name: str, linker: Linker) -> dict[str, Any]:
    module = linker.catalog.module(module_name)
    key = str(item.get("participant", ""))
    if not find(linker.db, module, "id", key):
        raise _unknown()
    query = "SELECT json_extract(data, '$.Email') FROM records WHERE id = ?"
    address = linker.db.execute(query, (int(key),)).fetchone()[0]
    return {"name": names(linker.db, module, [key]).get(key), "Email": address, "participant": key}


def _user(item: Mapping[str, Any], linker: Linker) -> dict[str, Any]:
    key = str(item.get("participant", ""))
    query = "SELECT json_extract(definition, '$.full_name'), email FROM users WHERE CAST(id AS TEXT) = ?"
    row = linker.db.execute(query, (key,)).fetchone()
    if row is None:
        raise _unknown()
    return {"name": row[0], "Email": row[1], "participant": key}


def _unknown() -> BadValueError:
    return BadValueError("INVALID_DATA", "the related id given seems to be invalid", below="participant")
