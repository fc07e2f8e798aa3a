"""The layouts of a module, and which of them new records get: GET settings/layouts (reference/zoho-api-addendum.md 5).

Pure but for `read`. A layout is written as `"Layout": {"id": …}`, in bulk as a default value (zoho-api.md 2.3); the one
of a record that is there is never changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.clean.text import fold
from pipeline.errors import SettingsError
from pipeline.load.client import ZohoClient
from pipeline.targets import Target

_NOT_ACTIVE = frozenset({"inactive", "-1"})  # what versions of the API say (L); of another word the CRM is the judge


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout. `label`: what people see in place of the name; `required`: the fields that it requires."""

    id: str
    name: str
    label: str
    is_active: bool
    required: frozenset[str]


def read(client: ZohoClient, module: str) -> tuple[Layout, ...] | None:
    """Return the layouts of a module, the standard one first; None where the CRM does not tell."""
    answer = client.get("/crm/v8/settings/layouts", {"module": module})
    listed = answer.body.get("layouts") if answer.is_ok and isinstance(answer.body, Mapping) else None
    return tuple(_layout(one) for one in listed) if isinstance(listed, list) and listed else None


def _layout(metadata: Mapping[str, Any]) -> Layout:
    fields = [one for section in metadata.get("sections") or [] for one in section.get("fields") or []]
    return Layout(
        id=str(metadata.get("id", "")),
        name=str(metadata.get("name") or ""),
        label=str(metadata.get("display_label") or ""),
        is_active=str(metadata.get("status")).casefold() not in _NOT_ACTIVE,
        required=frozenset(str(one["api_name"]) for one in fields if one.get("required")),
    )


def required(wish: str, known: tuple[Layout, ...] | None) -> frozenset[str]:
    """Return the fields that the layout of new records requires: the one wished for, by id or name, else the first.

    settings/fields does not mark all (addendum 5, H). Where layouts may not be read nothing is known, and the CRM
    refuses what lacks such a field, row by row.
    """
    found = (_named(wish, known or ()) if wish else []) or list(known or ())
    return found[0].required if found else frozenset()


def resolved(target: Target, known: tuple[Layout, ...] | None) -> Target:
    """Return a target with the id of the layout that pipeline.toml names for its new records.

    Raises:
        SettingsError: the org has no such active layout, or several of that name; or its layouts may not be read, and
            no id is given.
    """
    if not target.layout:
        return target
    if known is None:
        if target.layout.isascii() and target.layout.isdigit():
            return target
        raise SettingsError(
            f"[[mapping]] of {target.table}.Layout: the token may not read layouts, so the name {target.layout} "
            "tells no id; nothing was sent.",
            "Give the token the scope ZohoCRM.settings.layouts.READ, or give the layout's id as constant.",
        )
    named = _named(target.layout, known)
    if len(named) == 1 and named[0].is_active:
        return replace(target, layout=named[0].id)
    raise _refused(target, named, known)


def _named(wish: str, known: Iterable[Layout]) -> list[Layout]:
    """Return the layouts of that id, else of that name in whatever case and width; active ones where there are any."""
    listed = list(known)
    wanted = fold(wish)
    by_id = [one for one in listed if one.id == wish]
    found = by_id or [one for one in listed if wanted in {fold(one.name), fold(one.label)}]
    return [one for one in found if one.is_active] or found


def _refused(target: Target, named: list[Layout], known: Iterable[Layout]) -> SettingsError:
    if len(named) > 1:
        ids = ", ".join(one.id for one in named)
        return SettingsError(
            f"[[mapping]] of {target.table}.Layout: several layouts are called {target.layout}: {ids}; "
            "nothing was sent.",
            "Give the id of one of them as constant.",
        )
    hint = f"There are: {', '.join(f'{one.name} ({one.id})' for one in known if one.is_active)}."
    if named:
        return SettingsError(
            f"[[mapping]] of {target.table}.Layout: the layout {target.layout} is not active; nothing was sent.", hint
        )
    return SettingsError(
        f"[[mapping]] of {target.table}.Layout: the org has no layout {target.layout}; nothing was sent.", hint
    )
