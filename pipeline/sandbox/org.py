"""The org a sandbox is: made once from seed.json with an id and credentials of its own, then read from the database."""

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.sandbox import catalog
from pipeline.sandbox.catalog import Catalog, Module
from pipeline.sandbox.storage import meta, next_id, set_meta
from pipeline.sandbox.stored import Stamp, find, insert

_FIRST_ID = 1_000_000  # ids below it are of modules, fields, roles and profiles
_MODULE_IDS = 100
_FIELD_IDS = 10_000
_FIELDS_A_MODULE = 1_000


@dataclass(frozen=True)
class Endpoint:
    """How to reach a sandbox: what a Zoho client needs to know of a real org."""

    base_url: str
    zgid: str
    company: str
    client_id: str
    client_secret: str
    refresh_token: str


@dataclass(frozen=True)
class Org:
    """What does not change while the sandbox runs. `definition`: the `org` of seed.json; `base`: ids start from it."""

    zgid: str
    base: int
    definition: Mapping[str, Any]
    client_id: str
    client_secret: str
    refresh_token: str
    admin: int

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the org and of the token's user."""
        return ZoneInfo(self.definition["time_zone"])

    def endpoint(self, base_url: str) -> Endpoint:
        """Return how to reach it at `base_url`."""
        company = str(self.definition["company_name"])
        return Endpoint(base_url, self.zgid, company, self.client_id, self.client_secret, self.refresh_token)

    def module_id(self, position: int) -> str:
        """Return the id of the module at that position."""
        return str(self.base + _MODULE_IDS + position)

    def field_id(self, module_position: int, position: int) -> str:
        """Return the id of a field."""
        return str(self.base + _FIELD_IDS + _FIELDS_A_MODULE * module_position + position)


def exists(db: sqlite3.Connection) -> bool:
    """Tell whether the org was made."""
    return db.execute("SELECT 1 FROM meta WHERE key = 'zgid'").fetchone() is not None


def create(db: sqlite3.Connection, at: int) -> None:
    """Make the org of seed.json, with a random id and random credentials, at that second."""
    seed = _seed()
    base = (1_000_000 + secrets.randbelow(8_000_000)) * 10**12
    db.execute("INSERT INTO counters (name, value) VALUES ('id', ?)", (base + _FIRST_ID,))
    _make_identity(db, base, seed["org"])
    admin, *_others = [_make_user(db, user, base) for user in seed["users"]]
    set_meta(db, "admin", str(admin))
    furnish(db, at)


def furnish(db: sqlite3.Connection, at: int) -> None:
    """Give an org without any the modules and records of seed.json."""
    seed, admin = _seed(), int(meta(db, "admin"))
    modules = [Module.of(definition) for definition in seed["modules"]]
    for module in modules:
        catalog.write(db, module)
    known = Catalog({module.api_name: module for module in modules})
    for module_name, values in seed["records"]:
        module = known.module(module_name)
        insert(db, module, _linked(db, known, module, values), Stamp(at, admin))


def read(db: sqlite3.Connection) -> Org:
    """Read the org."""
    return Org(
        zgid=meta(db, "zgid"),
        base=int(meta(db, "base")),
        definition=json.loads(meta(db, "org")),
        client_id=meta(db, "client_id"),
        client_secret=meta(db, "client_secret"),
        refresh_token=meta(db, "refresh_token"),
        admin=int(meta(db, "admin")),
    )


@cache
def _seed() -> Any:  # noqa: ANN401 - JSON
    return json.loads(files("pipeline.sandbox").joinpath("seed.json").read_text("utf-8"))


def _make_identity(db: sqlite3.Connection, base: int, definition: Mapping[str, Any]) -> None:
    identity = {
        "zgid": str(100_000_000 + secrets.randbelow(900_000_000)),
        "base": str(base),
        "org": json.dumps(definition, ensure_ascii=False),
        "client_id": f"1000.{secrets.token_hex(15).upper()}",
        "client_secret": secrets.token_hex(21),
        "refresh_token": f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}",
        "clock_offset": "0",
    }
    for key, value in identity.items():
        set_meta(db, key, value)


def _make_user(db: sqlite3.Connection, user: Mapping[str, Any], base: int) -> int:
    user_id = next_id(db)
    is_japanese = user["locale"] == "ja_JP"
    parts = (user["last_name"], user["first_name"]) if is_japanese else (user["first_name"], user["last_name"])
    definition = {
        **user,
        "full_name": " ".join(parts),
        "role": {"name": user["role"], "id": str(base + (1 if user["role"] == "CEO" else 2))},
        "profile": {"name": user["profile"], "id": str(base + (11 if user["profile"] == "Administrator" else 12))},
    }
    row = (user_id, user["email"], json.dumps(definition, ensure_ascii=False))
    db.execute("INSERT INTO users (id, email, definition) VALUES (?, ?, ?)", row)
    return user_id


def _linked(db: sqlite3.Connection, known: Catalog, module: Module, values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace `{"name": …}` of the seed by the id of the record of that name."""
    linked = dict(values)
    for name, value in values.items():
        if isinstance(value, dict):
            target = known.module(module.fields[name].lookup)
            linked[name] = str(find(db, target, target.display_field, value["name"])[0])
    return linked
