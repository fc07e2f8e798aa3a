"""Org, users, modules and fields (zoho-api 3.6; addendum 1a, 6 and 8)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pipeline.sandbox import outbox
from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.catalog import Field, Layout, Module
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.switches import positions

_USERS_A_PAGE = 200
_NOT_READ_ONLY = {"web_update": True, "api_create": True, "web_create": True, "api_update": True}
_READ_ONLY = dict.fromkeys(_NOT_READ_ONLY, False)
_JSON_TYPES = {
    "integer": "integer", "bigint": "string", "double": "double", "currency": "double", "boolean": "boolean",
    "lookup": "jsonobject", "ownerlookup": "jsonobject", "multi_module_lookup": "jsonobject", "reminder": "jsonobject",
    "rrule": "jsonobject", "participants": "jsonarray", "multiselectpicklist": "jsonarray",
}  # fmt: skip
_WIRE_TYPES = {"multi_module_lookup": "lookup", "reminder": "text", "rrule": "RRULE", "participants": "text"}
_FEATURES: Mapping[str, Callable[[Module], bool]] = {
    "bulk_write": lambda module: module.is_bulk_write,
    "bulk_read": lambda module: module.is_bulk_read,
    "import": lambda module: module.is_bulk_write,
    "mass_delete": lambda module: module.is_bulk_read,
}


def org(call: Call) -> Reply:
    """Answer GET /crm/v8/org (3.6, H; add. 8: zgid and id are different)."""
    own = call.crm.org
    body = {
        "id": str(own.base + 1),
        "zgid": own.zgid,
        "company_name": own.definition["company_name"],
        "domain_name": f"org{own.zgid}",
        "time_zone": own.definition["time_zone"],
        "country_code": own.definition["country_code"],
        "iso_code": own.definition["iso_code"],
        "type": "sandbox",
        "license_details": {
            "paid": True,
            "paid_type": own.definition["edition"],
            "paid_expiry": None,
            "trial_type": None,
            "trial_expiry": None,
            "users_license_purchased": own.definition["users_license_purchased"],
            "portal_users_license_purchased": 0,
        },
    }
    return Reply({"org": [body]})


def users(call: Call) -> Reply:
    """Answer GET /crm/v8/users?type=…&page=…&per_page=… (3.6, H)."""
    kind = call.query.get("type", "AllUsers")
    if kind not in _USER_TYPES:
        raise Refusal(
            400, "INVALID_DATA", "invalid data", {"param_name": "type", "supported_values": list(_USER_TYPES)}
        )
    page, per_page = call.number("page", 1, 1_000_000), call.number("per_page", _USERS_A_PAGE, _USERS_A_PAGE)
    chosen = [user for user in _all_users(call) if _USER_TYPES[kind](user, call)]
    shown = chosen[(page - 1) * per_page : page * per_page]
    if not shown:
        return Reply(status=204)
    has_more = page * per_page < len(chosen)
    info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": has_more}
    return Reply({"users": shown, "info": info})


def user(call: Call) -> Reply:
    """Answer GET /crm/v8/users/{id}."""
    found = [user for user in _all_users(call) if user["id"] == call.path["id"]]
    return Reply({"users": found}) if found else Reply(status=204)


def modules(call: Call) -> Reply:
    """Answer GET /crm/v8/settings/modules, all or those with a feature (add. 1a, M/L)."""
    feature = call.query.get("feature_name")
    if feature is not None and feature not in _FEATURES:
        details = {"param_name": "feature_name", "supported_values": list(_FEATURES)}
        raise Refusal(400, "INVALID_DATA", "invalid data", details)
    with call.crm.storage.reading() as db:
        answered = positions(db).text("bulk_modules")
    if feature and answered == "refused":
        raise Refusal(400, "INVALID_DATA", "invalid data", {"param_name": "feature_name"})
    has_feature = _FEATURES[feature] if feature and answered == "filtered" else lambda _module: True
    shown = [_module(call, module, place) for place, module in enumerate(call.crm.catalog()) if has_feature(module)]
    return Reply({"modules": shown}) if shown else Reply(status=204)


def module(call: Call) -> Reply:
    """Answer GET /crm/v8/settings/modules/{module}."""
    wanted = call.crm.catalog().module(call.path["module"])
    place = list(call.crm.catalog().modules).index(wanted.api_name)
    return Reply({"modules": [_module(call, wanted, place)]})


def fields(call: Call) -> Reply:
    """Answer GET /crm/v8/settings/fields?module=… (add. 6); unused fields are listed with type=all only (add. 5, M)."""
    name = call.query.get("module")
    if not name:
        details = {"param_name": "module"}
        raise Refusal(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details)
    wanted = call.crm.catalog().module(name)
    place = list(call.crm.catalog().modules).index(wanted.api_name)
    with call.crm.storage.reading() as db:
        switches = positions(db)
    is_venue_mandatory = switches.is_at("meeting_venue", "mandatory")
    is_all = call.query.get("type") in {"all", "unused"} and switches.is_at("unused_fields", "listed")
    shown = [
        _field(
            call,
            wanted,
            _as_switched(field, is_venue_mandatory=is_venue_mandatory),
            call.crm.org.field_id(place, position),
            switches.text("unique_word"),
        )
        for position, field in enumerate(wanted.fields.values())
        if is_all or not field.is_unused
    ]
    return Reply({"fields": shown})


def _as_switched(field: Field, *, is_venue_mandatory: bool) -> Field:
    """In some orgs Meeting_Venue__s is `system_mandatory` (3.5, M)."""
    is_venue = field.api_name == "Meeting_Venue__s"
    return replace(field, is_mandatory=True) if is_venue and is_venue_mandatory else field


def layouts(call: Call) -> Reply:
    """Answer GET /crm/v8/settings/layouts?module=…: which fields a layout requires (add. 5, H)."""
    name = call.query.get("module")
    if not name:
        details = {"param_name": "module"}
        raise Refusal(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details)
    wanted = call.crm.catalog().module(name)
    place = list(call.crm.catalog().modules).index(wanted.api_name)
    return Reply({"layouts": [_layout(call, wanted, place, one) for one in wanted.layouts]})


def _layout(call: Call, wanted: Module, place: int, layout: Layout) -> dict[str, Any]:
    shown = [
        {
            "api_name": field.api_name,
            "id": call.crm.org.field_id(place, position),
            "required": field.is_mandatory or field.is_required or field.api_name in layout.required,
            "sequence_number": position + 1,
        }
        for position, field in enumerate(wanted.fields.values())
        if not field.is_unused
    ]
    section = {"api_name": "Information", "display_label": "Information", "sequence_number": 1, "fields": shown}
    return {
        "id": layout.id,
        "name": layout.name,
        "display_label": layout.label or layout.name,
        "api_name": f"{layout.name}__s",
        "status": "active" if layout.is_active else "inactive",
        "visible": True,
        "sections": [section],
    }


def workflow_rules(call: Call) -> Reply:
    """Answer GET /crm/v8/settings/automation/workflow_rules?module=… (add. 1b, M); tests put rules there."""
    with call.crm.storage.reading() as db:
        if positions(db).is_at("workflow_rules", "refused"):
            raise Refusal(401, "OAUTH_SCOPE_MISMATCH", "Unauthorized")
        rules = [one for one in outbox.workflow_rules(db) if one["module"] == call.query.get("module")]
    shown = [
        {
            "id": str(place + 1),
            "name": one["name"],
            "status": {"active": one["active"], "delete_schedule_action": False},
        }
        for place, one in enumerate(rules)
    ]
    return Reply({"workflow_rules": shown}) if shown else Reply(status=204)


_User = Mapping[str, Any]


def _is_active(user: _User) -> bool:
    return bool(user["status"] == "active")


def _is_administrator(user: _User) -> bool:
    return bool(user["profile"]["name"] == "Administrator")


_USER_TYPES: Mapping[str, Callable[[_User, Call], bool]] = {
    "AllUsers": lambda _user, _call: True,
    "ActiveUsers": lambda user, _call: _is_active(user),
    "DeactiveUsers": lambda user, _call: not _is_active(user),
    "ConfirmedUsers": lambda _user, _call: True,
    "NotConfirmedUsers": lambda _user, _call: False,
    "DeletedUsers": lambda _user, _call: False,
    "ActiveConfirmedUsers": lambda user, _call: _is_active(user),
    "AdminUsers": lambda user, _call: _is_administrator(user),
    "ActiveConfirmedAdmins": lambda user, _call: _is_active(user) and _is_administrator(user),
    "CurrentUser": lambda user, call: user["id"] == str(call.crm.org.admin),
}


def _all_users(call: Call) -> list[dict[str, Any]]:
    with call.crm.storage.reading() as db:
        rows = db.execute("SELECT id, definition FROM users ORDER BY id").fetchall()
    return [
        {"id": str(user_id), "zuid": str(user_id)[-8:], "type__s": "Regular User", "confirm": True, **json.loads(text)}
        for user_id, text in rows
    ]


def _module(call: Call, module: Module, place: int) -> dict[str, Any]:
    return {
        "api_name": module.api_name,
        "module_name": module.api_name,
        "id": call.crm.org.module_id(place),
        "singular_label": module.singular,
        "plural_label": module.plural,
        "api_supported": True,
        "creatable": True,
        "editable": True,
        "deletable": True,
        "viewable": True,
        "visible": True,
        "generated_type": "default",
        "sequence_number": place + 1,
        "profiles": [],
    }


def _field(call: Call, module: Module, field: Field, field_id: str, unique_word: str) -> dict[str, Any]:
    return {
        "id": field_id,
        "api_name": field.api_name,
        "field_label": field.label,
        "display_label": field.label,
        "data_type": _WIRE_TYPES.get(field.data_type, field.data_type),
        "json_type": _JSON_TYPES.get(field.data_type, "string"),
        "length": field.length,
        "system_mandatory": field.is_mandatory,
        "read_only": field.is_read_only,
        "field_read_only": field.is_read_only,
        "operation_type": _READ_ONLY if field.is_read_only else _NOT_READ_ONLY,
        "unique": {unique_word: False} if field.is_unique else {},
        "custom_field": field.is_custom,
        "created_source": "default",
        "type": "unused" if field.is_unused else "used",
        "visible": True,
        "searchable": True,
        "filterable": True,
        "sortable": True,
        "display_field": field.api_name == module.display_field,
        "virtual_field": False,
        "pick_list_values": [
            _value(value, shown_as, place, field_id)
            for place, (value, shown_as) in enumerate(zip(field.values, field.shown or field.values, strict=True))
        ],
        "lookup": _lookup(call, field) if field.data_type == "lookup" else {},
        "multi_module_lookup": {},
        "multiselectlookup": {},
        "auto_number": {},
        "decimal_place": None,
        "default_value": field.default or None,
    }


def _value(value: str, shown_as: str, place: int, field_id: str) -> dict[str, Any]:
    return {
        "display_value": shown_as,
        "actual_value": value,
        "reference_value": value,
        "sequence_number": place + 1,
        "colour_code": None,
        "id": f"{field_id[:-3]}9{place:02d}",
        "type": "used",
    }


def _lookup(call: Call, field: Field) -> dict[str, Any]:
    place = list(call.crm.catalog().modules).index(field.lookup)
    module = {"api_name": field.lookup, "crypt": False, "id": call.crm.org.module_id(place)}
    return {
        "display_label": None,
        "api_name": None,
        "module": module,
        "id": None,
        "query_details": {},
        "revalidate_filter_during_edit": False,
    }


ROUTES = (
    Route("/crm/v8/org", ("GET",), org),
    Route("/crm/v8/users", ("GET",), users),
    Route("/crm/v8/users/{id}", ("GET",), user),
    Route("/crm/v8/settings/modules", ("GET",), modules),
    Route("/crm/v8/settings/modules/{module}", ("GET",), module),
    Route("/crm/v8/settings/fields", ("GET",), fields),
    Route("/crm/v8/settings/layouts", ("GET",), layouts),
    Route("/crm/v8/settings/automation/workflow_rules", ("GET",), workflow_rules),
)
