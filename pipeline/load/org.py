"""What the org is and takes: read before anything is sent, so that a refusal comes first.

Calls: reference/zoho-api.md 3.6, addendum sections 1 a, 5, 6 and 8.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.errors import TargetError
from pipeline.load import credits as prices
from pipeline.load import layouts as forms
from pipeline.load.answers import Answer
from pipeline.load.client import ZohoClient, failed
from pipeline.load.layouts import Layout
from pipeline.targets import Target

_PAGE = 200
_MOST_PAGES = 1000
_MAY_BE_ABSENT = frozenset({"INVALID_MODULE", "NO_PERMISSION", "MODULE_NOT_AVAILABLE", "FEATURE_NOT_ENABLED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgField:
    """A field as this org has it.

    `length` in characters, None where it has none; `choices`: (actual, display); `default`: the value of a pick list
    when none is given, "" for none; `is_unused`: on no layout, so that what is sent vanishes; `lookup`: the module that
    a look-up points to, "" for other fields.
    """

    api_name: str
    length: int | None = None
    is_mandatory: bool = False
    is_unique: bool = False
    is_writable: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    data_type: str = "text"
    label: str = ""
    is_unused: bool = False
    lookup: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the CRM."""

    id: str
    email: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """One org: who it is, its users, the fields of its modules, and which modules bulk write takes.

    `credits_a_day`: what its edition allows, None where that is not known; `is_admin`: the token's user sees all;
    `layouts`: those of each module, None where the CRM does not tell.
    """

    zgid: str
    company: str
    current_user: str
    users: tuple[User, ...]
    fields: Mapping[str, Mapping[str, OrgField]]
    bulk_modules: frozenset[str]
    credits_a_day: int | None = None
    is_admin: bool = True
    layouts: Mapping[str, tuple[Layout, ...] | None] = field(default_factory=dict)

    def has(self, module: str) -> bool:
        """Return whether the org has the module."""
        return module in self.fields

    def has_key(self, module: str, key_field: str) -> bool:
        """Return whether our key can be kept in the module: the field is there, unique, and can be written."""
        found = self.fields.get(module, {}).get(key_field)
        return found is not None and found.is_unique and found.is_writable

    def key_of(self, module: str, key_field: str) -> str:
        """Return the field that holds our key in a module, "" for none.

        Where activities share their labels only one of them can have `key_field`: the other's ends with its module.
        """
        names = (key_field, key_field_of(module, key_field))
        return next((name for name in names if self.has_key(module, name)), "")

    def by_display(self) -> "Org":
        """Return the org with the two texts of its pick lists exchanged: it takes what they show."""
        fields = {
            module: {name: replace(one, choices=_exchanged(one.choices)) for name, one in found.items()}
            for module, found in self.fields.items()
        }
        return replace(self, fields=fields)

    def user_id(self, email: str) -> str | None:
        """Return the id of the active user with that address."""
        wanted = email.casefold()
        return next((user.id for user in self.users if user.is_active and user.email.casefold() == wanted), None)


def key_field_of(module: str, key_field: str) -> str:
    """Return what the key field is called in a module that cannot have it under its usual name (3.5, M)."""
    return f"{key_field}_{module}"


def _exchanged(choices: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((display, actual) for actual, display in choices)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which org the token belongs to. `answered_at`: the CRM's time when it said so, None where it did not tell."""

    zgid: str
    company: str
    license: Mapping[str, Any] = field(default_factory=dict)
    answered_at: datetime | None = None


def identify(client: ZohoClient) -> Identity:
    """Ask which org the token belongs to.

    Raises:
        TargetError: the credentials are refused, or the answer names none.
    """
    answer = client.get("/crm/v8/org")
    if not answer.is_ok:
        failed(answer, "reading the organisation")
    listed = _listed(answer, "org")
    zgid = str(listed[0].get("zgid", "")) if listed else ""
    if not zgid.isdigit():
        raise TargetError("The CRM does not say which org it is.", "Check [zoho] data_center and api_url.")
    licensed = listed[0].get("license_details") or {}
    return Identity(zgid, str(listed[0].get("company_name", "")), licensed, answer.answered_at)


def inspect(client: ZohoClient, identity: Identity, modules: Iterable[str], targets: Iterable[Target] = ()) -> Org:
    """Read users, modules, fields and layouts of the org; mandatory is what the layouts of `targets` require.

    Raises:
        TargetError: the CRM refuses to say.
    """
    current = _listed(client.get("/crm/v8/users", {"type": "CurrentUser"}), "users")
    if not current:
        raise TargetError("The CRM does not say whose token it is.", "Give the token the scope ZohoCRM.users.READ.")
    wishes = {target.module: target.layout for target in targets}
    fields, layouts = {}, {}
    for module in modules:
        if (found := fields_of(client, module)) is not None:
            layouts[module] = forms.read(client, module)
            fields[module] = _with_required(found, forms.required(wishes.get(module, ""), layouts[module]))
    return Org(
        zgid=identity.zgid,
        company=identity.company,
        current_user=str(current[0]["id"]),
        users=tuple(_users(client)),
        fields=fields,
        bulk_modules=_bulk_modules(client),
        is_admin=_is_admin(client, str(current[0]["id"])),
        credits_a_day=prices.allowance(identity.license),
        layouts=layouts,
    )


def keep_fields(org: Org, directory: Path) -> None:
    """Keep the fields of the org as fields.json, for who maps without the network: labels, types, lengths, choices.

    Its layouts are kept too, for who rehearses.

    Raises:
        StorageError: it cannot be written.
    """
    names = OrgField.__slots__
    modules = {
        module: [{name: getattr(one, name) for name in names} for one in fields.values()]
        for module, fields in org.fields.items()
    }
    layouts = {
        module: [
            {"id": one.id, "name": one.name, "label": one.label, "is_active": one.is_active} for one in found or ()
        ]
        for module, found in org.layouts.items()
    }
    known = {"zgid": org.zgid, "company": org.company, "modules": modules, "layouts": layouts}
    text = json.dumps(known, ensure_ascii=False)
    path = directory / "fields.json"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        store.write_text(text, path)


def _is_admin(client: ZohoClient, user_id: str) -> bool:
    """Whether a user is an administrator, who sees every record; profiles have names of the org's language."""
    admins = _listed(client.get("/crm/v8/users", {"type": "AdminUsers"}), "users")
    return any(str(user["id"]) == user_id for user in admins)


def _users(client: ZohoClient) -> Iterable[User]:
    for page in range(1, _MOST_PAGES):
        answer = client.get("/crm/v8/users", {"type": "AllUsers", "page": page, "per_page": _PAGE})
        if not answer.is_ok:
            failed(answer, "reading the users")
        found = _listed(answer, "users")
        for user in found:
            yield User(str(user["id"]), str(user.get("email", "")), str(user.get("status", "")).casefold() == "active")
        if not (answer.body or {}).get("info", {}).get("more_records"):
            return


def _bulk_modules(client: ZohoClient) -> frozenset[str]:
    """Return the modules that bulk write takes; an org that does not say so takes none: the slower way is safe."""
    answer = client.get("/crm/v8/settings/modules", {"feature_name": "bulk_write"})
    return frozenset(str(module.get("api_name", "")) for module in _listed(answer, "modules"))


def fields_of(client: ZohoClient, module: str) -> dict[str, OrgField] | None:
    """Read the fields of a module, without what only a layout requires; None where the org does not have it.

    Raises:
        TargetError: the CRM refuses to say.
    """
    answer = client.get("/crm/v8/settings/fields", {"module": module, "type": "all"})
    if answer.code in _MAY_BE_ABSENT:
        return None
    if not answer.is_ok:
        failed(answer, f"reading the fields of {module}")
    found = [field_of(one) for one in _listed(answer, "fields")]
    return {one.api_name: one for one in found}


def _with_required(fields: Mapping[str, OrgField], required: frozenset[str]) -> dict[str, OrgField]:
    """Return fields with those marked that a layout requires."""
    return {name: replace(one, is_mandatory=one.is_mandatory or name in required) for name, one in fields.items()}


def field_of(metadata: Mapping[str, Any]) -> OrgField:
    """Read one field of settings/fields; `"type": "unused"` swallows what is sent, so it counts as not writable."""
    choices = metadata.get("pick_list_values") or []
    operations = metadata.get("operation_type") or {}
    return OrgField(
        api_name=str(metadata["api_name"]),
        length=metadata.get("length") or None,
        is_mandatory=bool(metadata.get("system_mandatory")),
        is_unique=bool(metadata.get("unique")),
        is_writable=metadata.get("type") != "unused"
        and not metadata.get("read_only")
        and operations.get("api_create") is not False,
        choices=tuple(
            (str(choice.get("actual_value", "")), str(choice.get("display_value", "")))
            for choice in choices
            if choice.get("type") != "unused"
        ),
        default=str(metadata.get("default_value") or ""),
        data_type=str(metadata.get("data_type", "text")),
        label=str(metadata.get("field_label", "")),
        is_unused=metadata.get("type") == "unused",
        lookup=str(((metadata.get("lookup") or {}).get("module") or {}).get("api_name") or ""),
    )


def _listed(answer: Answer, name: str) -> list[Mapping[str, Any]]:
    if answer.status == HTTPStatus.NO_CONTENT or not isinstance(answer.body, Mapping):
        return []
    listed = answer.body.get(name)
    return listed if answer.is_ok and isinstance(listed, list) else []
