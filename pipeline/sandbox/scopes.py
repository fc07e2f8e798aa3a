"""What the token may do: the scope that a call needs (zoho-api 1.5, 1.6, H), by family, whatever the operation."""

import re
import sqlite3

from pipeline.sandbox.errors import Refusal

USUAL = (
    "ZohoCRM.bulk.ALL ZohoCRM.modules.ALL ZohoFiles.files.ALL ZohoCRM.Files.CREATE ZohoCRM.users.READ ZohoCRM.org.READ "
    "ZohoCRM.settings.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ"
)
KEY = "scope"
_FAMILIES = (  # of a path, the first that matches
    (re.compile(r"/crm/bulk/.*"), "ZohoCRM.bulk"),
    (re.compile(r"/crm/v8/upload"), "ZohoFiles.files"),
    (re.compile(r"/crm/v8/files"), "ZohoCRM.Files"),
    (re.compile(r"/crm/v8/users.*"), "ZohoCRM.users"),
    (re.compile(r"/crm/v8/org"), "ZohoCRM.org"),
    (re.compile(r"/crm/v8/coql"), "ZohoCRM.coql"),
    (re.compile(r"/crm/v8/settings/(?:automation/)?(\w+).*"), "ZohoCRM.settings."),
    (re.compile(r"/crm/v8/[A-Z].*"), "ZohoCRM.modules"),
)


def granted(db: sqlite3.Connection) -> str:
    """Return the scopes of the refresh token, parted by spaces."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return row[0] if row else USUAL


def check(scope: str, path: str) -> None:
    """Let only what the scopes allow pass.

    Raises:
        Refusal: 401 OAUTH_SCOPE_MISMATCH (1.5, H).
    """
    for pattern, family in _FAMILIES:
        if match := pattern.fullmatch(path):
            wanted = family + (match[1] if family.endswith(".") else "")
            if not any(one.startswith(f"{wanted}.") or one == _whole(wanted) for one in scope.split()):
                raise Refusal(401, "OAUTH_SCOPE_MISMATCH", "Unauthorized")
            return


def _whole(family: str) -> str:
    """Return the scope of everything above: `ZohoCRM.settings.ALL` for `ZohoCRM.settings.fields`."""
    return f"{family.rpartition('.')[0]}.ALL"
