"""Builders of ready e-mails, and of a project that holds them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.targets import EMAILS, EMAILS_READY
from tests.load import world
from tests.load.world import Crm

FIRST = datetime(2026, 5, 1, 9, tzinfo=UTC)


def mail(key: str, to: str = "", *, day: int = 0, **values: Any) -> dict[str, Any]:
    """Return a ready e-mail that the mailbox sent to `to`, on a day after the first."""
    usual = {
        "cluster_key": key,
        "source_keys": [key],
        "item_ids": [],
        "mailbox": "sato",
        "content_hash": f"hash of {key}",
        "original_message_id": f"<{key}@x.example>",
        "from": [person("hanako.sato@kaede-shoji.example", "from")],
        "to": [person(to or "somebody@else.example", "to")],
        "subject": f"About {key}",
        "date_time": FIRST + timedelta(days=day),
        "sent": True,
        "content": f"<p>{key}</p>",
        "mail_format": "html",
        "way": "sent_mail",
        "correspondent": to or None,
        "attachments": 0,
    }
    return dict.fromkeys(EMAILS_READY.names) | usual | values


def person(address: str, role: str) -> dict[str, Any]:
    """Return a person of a ready e-mail."""
    return {"role": role, "name": None, "email": address}


def project(directory: Path, mails: Iterable[dict[str, Any]], toml: str = "", **rows: Any) -> Config:
    """Return a project whose ready tables hold these e-mails, and other rows by table."""
    return world.project(directory, {**rows, EMAILS.table: list(mails)}, toml)


def kept(crm: Crm) -> list[tuple[str, str, str]]:
    """Return module, record and Message-ID of every e-mail in the CRM, in the order they came."""
    return [(one["module"], one["record"], one["original_message_id"]) for one in crm.control("GET", "emails")]


def ids(crm: Crm) -> dict[str, str]:
    """Return address or name → id of what the CRM was made with, and of what was loaded since."""
    found: dict[str, str] = {}
    for module, name in (("Leads", "Email"), ("Contacts", "Email"), ("Deals", "Deal_Name")):
        found |= {one[name]: one["id"] for one in crm.records(module, name) if one[name]}
    return found


def posts(crm: Crm, after: int = 0) -> list[dict[str, Any]]:
    """Return the requests that attach an e-mail."""
    return crm.asked("POST", ".*/associate_email", after)
