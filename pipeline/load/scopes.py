"""Whether the token has the scopes that a load needs, where Zoho tells which it has (zoho-api.md 1.2, 1.6)."""

from collections.abc import Iterator

# scope → what cannot be done without it
NEEDED = {
    "ZohoCRM.modules.ALL": "reading and writing records",
    "ZohoCRM.bulk.ALL": "reading whole modules, and bulk write",
    "ZohoFiles.files.ALL": "uploading the files of a bulk write",
    "ZohoCRM.org.READ": "knowing which org it is",
    "ZohoCRM.users.READ": "finding the owners of records",
    "ZohoCRM.settings.fields.READ": "reading the fields of the org",
    "ZohoCRM.settings.modules.READ": "reading which modules take bulk write",
    "ZohoCRM.settings.layouts.READ": "reading which fields a layout requires",
    "ZohoCRM.settings.workflow_rules.READ": "reading the workflow rules that a bulk write could fire",
}
OF_FILES = {"ZohoCRM.Files.CREATE": "uploading the files of e-mails"}
OF_KEY = {"ZohoCRM.settings.fields.CREATE": "creating the key field"}


def lacking(granted: str, needed: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each scope that is needed and not covered, with what cannot be done without it.

    Args:
        granted: as Zoho writes them, parted by spaces or commas.
        needed: scope → what it is for.
    """
    held = frozenset(granted.replace(",", " ").split())
    yield from ((scope, what) for scope, what in needed.items() if not _is_covered(scope, held))


def _is_covered(scope: str, held: frozenset[str]) -> bool:
    """Tell whether a scope is held: itself, its ALL, that of a family above, or, for an ALL, each of its parts."""
    parts = scope.split(".")
    if any(".".join([*parts[:depth], "ALL"]) in held for depth in range(1, len(parts))) or scope in held:
        return True
    family = scope.removesuffix(".ALL")
    return scope != family and {f"{family}.READ", f"{family}.CREATE"} <= held
