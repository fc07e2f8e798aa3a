"""Custom fields made by the API (zoho-api 3.5; addendum 5, 6)."""

from collections.abc import Mapping
from typing import Any

from pipeline.sandbox import catalog
from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Module
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.stored import reindex
from pipeline.sandbox.switches import Positions, positions

_FIELDS_A_CALL = 5
_ACTIVITIES = frozenset({"Tasks", "Events", "Calls"})


def create_fields(call: Call) -> Reply:
    """Answer POST /crm/v8/settings/fields?module=…: custom fields, at most five (add. 6, M/H)."""
    module = call.crm.catalog().module(call.query.get("module", ""))
    wanted = call.json().get("fields")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= _FIELDS_A_CALL:
        raise Refusal(400, "INVALID_DATA", "invalid data", {"api_name": "fields", "maximum_length": _FIELDS_A_CALL})
    items = []
    with call.crm.storage.writing() as db:
        taken = _taken(call, module, positions(db))
        for given in wanted:
            label = str(given.get("field_label", ""))
            name = _api_name(label, module)
            if name in module.fields or label in taken:
                details = {"api_name": "field_label", "json_path": "$.fields[0].field_label"}
                items.append({"code": "DUPLICATE_DATA", "details": details, "message": "", "status": "error"})
                continue
            module = module.with_field(name, _described(given))
            done = {"id": call.crm.org.field_id(0, len(module.fields)), "api_name": name}
            items.append({"code": "SUCCESS", "details": done, "message": "field created", "status": "success"})
        catalog.write(db, module)
        reindex(db, module)
    call.crm.forget_catalog()
    status = 400 if all(item["status"] == "error" for item in items) else 201
    return Reply({"fields": items}, status=status)


def _taken(call: Call, module: Module, switches: Positions) -> frozenset[str]:
    """Return the labels of custom fields that other activities have: they share one namespace (3.5, M: a switch)."""
    if module.api_name not in _ACTIVITIES or switches.is_at("activity_labels", "own"):
        return frozenset()
    others = [one for one in call.crm.catalog() if one.api_name in _ACTIVITIES - {module.api_name}]
    return frozenset(field.label for one in others for field in one.fields.values() if field.is_custom)


def _api_name(label: str, module: Module) -> str:
    """Make an API name as Zoho does: a Japanese label becomes field, field1, … (add. 5, H)."""
    if label.isascii() and label:
        return "_".join(label.split())
    taken = [name for name in module.fields if name.startswith("field")]
    return f"field{len(taken) or ''}"


def _described(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": str(given["field_label"]),
        "data_type": str(given.get("data_type", "text")),
        "length": given.get("length"),
        "is_unique": bool(given.get("unique")),
        "is_custom": True,
    }


ROUTES = (Route("/crm/v8/settings/fields", ("POST",), create_fields),)
