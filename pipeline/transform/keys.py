"""Keys that stay: of items (source_key), of companies, and of the values that would be sent (content_hash)."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean import company, texts
from pipeline.clean.company import LegalForms
from pipeline.transform import digests, plain
from pipeline.transform.draft import Home, Origin, Person, Row, Value

_KEY_LENGTH = 32  # hex digits


def origins(table: str, rows: Sequence[Row], homes: Mapping[str, Home]) -> list[Origin]:
    """Return the origin of every row, in the order of `rows`.

    The source_key is made of raw values only (design.md section 4): table, mailbox, raw_key, and an ordinal among the
    items of that mailbox with the same raw_key, counted in the order of path and position. So it is injective, and
    neither the order of rows nor a better cleaner changes it.
    """
    ordinals = _ordinals(rows, homes)
    return [
        _origin(table, row, homes[row["file_sha256"]], ordinal) for row, ordinal in zip(rows, ordinals, strict=True)
    ]


def source_key(*parts: str | int) -> str:
    """Return the key of an ordered list of parts, with their borders: 32 hex digits."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:_KEY_LENGTH]


def company_key(name: str, legal_forms: LegalForms = "distinct") -> str:
    """Return the key of a company: of its folded name, so it does not depend on who names it."""
    return source_key("accounts", company.key(name, legal_forms))


def company_keys(companies: pa.Array, legal_forms: LegalForms = "distinct") -> pa.Array:
    """Return company_key of a whole column, null for null; each different company is hashed once."""
    encoded = pc.dictionary_encode(companies)
    names = encoded.dictionary
    is_folded = legal_forms == "distinct"
    known = plain.folded(names) if is_folded else pa.array([company.key(one, legal_forms) for one in names.to_pylist()])
    quoted = pc.binary_join_element_wise('["accounts", ', texts.quoted(known.cast(pa.string())), "]", "")
    return digests.sha256_hex(quoted, _KEY_LENGTH).take(encoded.indices)


def content_hash(values: Iterable[Value]) -> str:
    """Return the SHA-256 of the values that would be sent, in the order of the fields."""
    return hashlib.sha256(json.dumps([_plain(value) for value in values], ensure_ascii=False).encode()).hexdigest()


def _origin(table: str, row: Row, home: Home, ordinal: int) -> Origin:
    return Origin(
        item_id=row["item_id"],
        source_key=source_key(table, home.mailbox, row["raw_key"] or "", ordinal),
        file_sha256=row["file_sha256"],
        folder=row["folder"],
        position=row["position"],
        message_class=row["message_class"],
        home=home,
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )


def _ordinals(rows: Sequence[Row], homes: Mapping[str, Home]) -> list[int]:
    order = sorted(range(len(rows)), key=lambda n: (homes[rows[n]["file_sha256"]].path, rows[n]["position"]))
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    ordinals = [0] * len(rows)
    for n in order:
        key = (homes[rows[n]["file_sha256"]].mailbox, rows[n]["raw_key"] or "")
        ordinals[n] = seen[key]
        seen[key] += 1
    return ordinals


def _plain(value: Value) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_person(person) for person in value]
    return value


def _person(person: Person) -> dict[str, str | None]:
    return asdict(person)
