"""What is done in bulk is what is done row by row: the laws that let millions of contacts go the short way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import schemas, store, transform
from pipeline.clean import address, email, phone, text
from pipeline.config import Config
from pipeline.extract import outlook_csv
from pipeline.extract.content import Reading
from pipeline.targets import CONTACTS, Kind
from pipeline.transform import (
    columnar,
    columns,
    contacts,
    digests,
    drafts,
    index,
    keys,
    people,
    plain,
    streets,
    tables,
)
from pipeline.transform.draft import Draft
from tests import builders
from tests.bench_transform import people as bench
from tests.builders import Row

OWN = frozenset({"kaede.example"})
# What the bulk way must see: spaces of all widths, line ends, marks to compose, controls, letters beyond the plane.
_ODD = [
    "\u3000",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\u00a0",
    "\u3099",
    "\u309a",
    "か",
    "が",
    "e\u0301",
    "é",
    "ｶﾞ",
    "㈱",
    "𠮷",
    "\ufeff",
    "\x00",
]
_LETTERS = ["a", "B", "1", "-", ",", "@", "、", "佐", "藤", "ア", "я", "ß", "\u2028", "\uf900", '"', "\\", "ー", "\x7f"]
TEXTS = st.lists(st.sampled_from([*_ODD, *_LETTERS]), min_size=1, max_size=6).map("".join)
ADDRESSES = st.one_of(
    st.sampled_from(["a@midori.example", "A.B@Midori.example", "ken@kaede.example", "a@b", "x@kaede.example.jp"]),
    st.from_regex(plain._EMAIL, fullmatch=True),
    TEXTS,
)
NUMBERS = st.one_of(
    st.sampled_from(["03-0000-0001", "(03)0000-0001", "０３－００００", "+81 3 0000 0001", "03-0000-0001 内線 5"]),
    st.from_regex(plain._PHONE, fullmatch=True),
    TEXTS,
)


@given(st.lists(st.none() | TEXTS, max_size=8), st.integers(1, 8))
def test_plain_text_is_what_cleaning_leaves(values: list[str | None], length: int) -> None:
    """A text held for plain is not changed by its cleaner, and fits."""
    for has_lines, clean in ((False, text.line), (True, text.lines)):
        mask = plain.text(pa.array(values, pa.string()), length, has_lines=has_lines)
        for value, is_plain in zip(values, mask.tolist(), strict=True):
            assert not is_plain or (clean(value).value == value and text.utf16_length(value or "") <= length)


@given(st.lists(st.none() | ADDRESSES, max_size=8))
def test_a_plain_address_is_what_cleaning_leaves(values: list[str | None]) -> None:
    """An address held for plain is not changed by its cleaner."""
    mask = plain.email(pa.array(values, pa.string()), 100)
    for value, is_plain in zip(values, mask.tolist(), strict=True):
        assert not is_plain or email.clean(value, 100).value == value


@given(st.lists(st.none() | NUMBERS, max_size=8))
def test_a_plain_number_is_what_cleaning_leaves(values: list[str | None]) -> None:
    """A number held for plain is not changed by its cleaner."""
    mask = plain.phone(pa.array(values, pa.string()), 30)
    for value, is_plain in zip(values, mask.tolist(), strict=True):
        assert not is_plain or phone.clean(value, 30).value == value


def test_usual_values_are_plain() -> None:
    """What most cells hold goes the short way; or the laws above would hold for nothing."""
    assert plain.text(pa.array(["Grant", "佐藤", "ｱｵｷ", "株式会社みどり", "Müller", "Петрова", None])).all()
    assert plain.text(pa.array(["a\nb", "東京\n大阪"]), has_lines=True).all()
    assert plain.email(pa.array(["ann.lee+x@mail.example.co.jp", None]), 100).all()
    assert plain.phone(pa.array(["03-0000-0001", "+81 90 0000 0001", "0300000001", None]), 30).all()
    assert not plain.text(pa.array(["", " a", "a ", "a\u3000", "\u3000a", "a\nb", "か\u3099", "e\u0301"])).any()


@given(st.lists(st.none() | TEXTS, max_size=8))
def test_folding_in_bulk(values: list[str | None]) -> None:
    """A whole column is folded as each of its values is."""
    expected = [None if value is None else text.fold(value) for value in values]
    assert plain.folded(pa.array(values, pa.string())).to_pylist() == expected


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=3))
def test_folding_of_any_text(values: list[str]) -> None:
    """So are texts of all scripts."""
    assert plain.folded(pa.array(values, pa.string())).to_pylist() == [text.fold(value) for value in values]


_STREET = st.lists(st.sampled_from(["a", "東", ",", "、", " ", "\n", "\t", "\u3000", "1"]), max_size=8).map("".join)


@given(st.lists(_STREET, min_size=1, max_size=6))
def test_streets_in_bulk(values: list[str]) -> None:
    """Lines that are joined in bulk are joined as one by one."""
    several = [value for value in values if "\n" in value and plain.text(pa.array([value]), has_lines=True)[0]]
    found, is_done = streets.joined(pa.array(several, pa.string()))
    for value, new, done in zip(several, found.to_pylist(), is_done.tolist(), strict=True):
        assert not done or new == address.street(value).value


@given(st.lists(st.none() | st.text(max_size=5), max_size=6))
def test_keys_in_bulk(values: list[str | None]) -> None:
    """Keys of whole columns are those of their values, and so is the number that a key begins with."""
    clean = [value and value.encode("utf-8", "replace").decode() for value in values]
    column = pa.array(clean, pa.string())
    expected = [None if value is None else sha256(value.encode()).hexdigest()[:32] for value in clean]
    found = digests.sha256_hex(column, 32)
    assert found.to_pylist() == expected
    assert digests.numbers(found.drop_null()).tolist() == [int(key[:16], 16) for key in expected if key]
    assert keys.company_keys(column).to_pylist() == [None if one is None else keys.company_key(one) for one in clean]


def test_a_wart_does_not_cost_the_row(tmp_path: Path) -> None:
    """Of the people that speed is measured with, rows with a cell to clean stay in bulk like all others."""
    file = tmp_path / "people.csv"
    bench.write(file, 600)
    reading = Reading(file_sha256="0" * 64, code_page="cp932", date_order="")
    table = outlook_csv.read(file, reading).rows["contacts"]
    assert isinstance(table, pa.Table)
    made = columnar.of_table(table.combine_chunks(), CONTACTS, OWN)
    assert len({row for row, _, _ in made.noted}) > 10
    assert made.mask.all()


CONTACT = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("surname", "given_name", "display_name", "company", "job_title", "notes", "manager"), TEXTS),
        **dict.fromkeys(("business_street", "business_city", "home_street", "other_city", "yomi_surname"), TEXTS),
        "email1": ADDRESSES,
        "email2": ADDRESSES,
        "business_phone": NUMBERS,
        "mobile_phone": NUMBERS,
        "categories": st.lists(TEXTS, min_size=1, max_size=2),
        "birthday_date": st.dates(date(1900, 1, 1), date(2029, 1, 1)),
        "is_private": st.booleans(),
        "sensitivity": st.sampled_from(["normal", "private"]),
        "leftovers": st.lists(
            st.builds(
                lambda column, cell: {"column": column, "header": column.title(), "cell": cell},
                st.sampled_from(["birthday_date", "anniversary_date", "mobile_phone"]),
                TEXTS,
            ),
            min_size=1,
            max_size=2,
        ),
    },
)
PLAIN: Mapping[str, object] = {
    "surname": "佐藤",
    "given_name": "花",
    "email1": "h@midori.example",
    "company": "みどり㈱",
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), CONTACT), min_size=1, max_size=6))
def test_the_bulk_way_is_the_long_way(found: list[tuple[bool, Row]]) -> None:
    """For every row that goes the short way, both ways give the same values, asides, company and changes."""
    rows = builders.rows("contacts", *[{**(PLAIN if based else {}), **row} for based, row in found])
    table = pa.Table.from_pylist(rows, schema=schemas.CONTACTS).select([*columns.ORIGIN, *columns.used(CONTACTS)])
    made = columnar.of_table(table.combine_chunks(), CONTACTS, OWN)
    items = [table.column("item_id").chunk(0)] * 2
    changed = [one for part in columnar.changes_of(made, made.mask, items) for one in part.to_pylist()]
    for number, row in enumerate(rows):
        if made.mask[number]:
            expected = contacts.draft(row, builders.origin(), OWN)
            assert _bulk(made, number) == _long(expected)
            own = [
                (one["field"], one["rule"], one["old"], one["new"])
                for one in changed
                if one["item_id"] == row["item_id"]
            ]
            assert Counter(own) == Counter(
                (one.field, one.change.rule, one.change.old, one.change.new) for one in expected.changes
            )


def _bulk(made: columnar.Columns, number: int) -> tuple[object, ...]:
    names = [one.api_name for one in CONTACTS.fields if one.kind is not Kind.LOOKUP]
    values = {name: made.values[drafts.column(name)][number].as_py() for name in names}
    given_ = {name: value for name, value in values.items() if value is not None}
    return given_, made.values["asides"][number].as_py(), made.values["company"][number].as_py(), None


def _long(draft: Draft) -> tuple[object, ...]:
    return dict(draft.values), "\n".join(draft.asides) or None, draft.company, draft.exclusion


@given(st.lists(st.dictionaries(st.sampled_from(["Title", "Description"]), TEXTS), min_size=1, max_size=5))
def test_hashes_in_bulk(values: list[dict[str, str]]) -> None:
    """content_hash is the same however it is made."""
    cleaned = [{name: text.lines(value).value for name, value in row.items()} for row in values]
    table = pa.Table.from_pylist([{"Title": None, "Description": None, **row} for row in cleaned], schema=_TWO)
    expected = [keys.content_hash([row.get("Title"), row.get("Description")]) for row in cleaned]
    assert tables.content_hashes(table, ["Title", "Description"]).to_pylist() == expected


_TWO = pa.schema([("Title", pa.string()), ("Description", pa.string())])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_components_are_closed(pairs: list[tuple[int, int]]) -> None:
    """No draft outside a component shares a key with one inside; a draft that shares none is alone."""
    strong, weak = (np.array([pair[n] for pair in pairs], np.uint64) for n in (0, 1))
    found = index.components(index.Index(np.arange(1, len(pairs) + 1, dtype=np.uint64), strong, weak))
    bare = {int(w) for s, w in pairs if not s and w}
    for a, left in enumerate(pairs):
        for b, right in enumerate(pairs[:a]):
            is_same = (left[0] and left[0] == right[0]) or (left[1] == right[1] and left[1] in bare)
            assert not is_same or found[a] == found[b] != 0
    assert all(found[n] == 0 for n, (s, w) in enumerate(pairs) if [p[0] for p in pairs].count(s) == 1 and w not in bare)


MANY: Sequence[Row] = [
    {
        "surname": surname,
        "given_name": given_name,
        "email1": address,
        "company": company,
        "notes": notes,
        "business_street": street,
        "path": path,
        "modified_at": builders.instant(f"2026-01-0{day}"),
    }
    for surname, address in (("佐藤", "s@midori.example"), ("Grant", "o@birch.example"), ("Grant", None), ("森", None))
    for given_name, company in (("花", "みどり㈱"), ("Ann", "みどり（株）"))
    for notes, street, day in (("a\r\nb", "東京\n大阪", 1), (None, "1 Elm Row", 2))
    for path in ("sato/a.csv", "dana/a.csv")
]
NAMES = ("ready/accounts", "ready/contacts", "changes", "decisions", "rejects", "exclusions")


def _tables(project: Config) -> dict[str, list[dict[str, Any]]]:
    transform.run(project)
    manifest = store.Manifest.of(project.transformed)
    found = {}
    for name in NAMES:
        parts = [pq.read_table(path) for path in store.parts(project.transformed, manifest, name)]
        rows = [row for part in parts for row in part.to_pylist()]
        found[name] = sorted(rows, key=lambda row: [str(value) for value in row.values()])
    return found


def test_buckets_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows come out of one bucket here and of many on worker processes, or all the long way."""
    (tmp_path / "one").mkdir()
    project = builders.project(tmp_path / "one")
    builders.extracted(project, {"contacts": MANY})
    usual = _tables(project)
    assert len(usual["ready/contacts"]) < len(MANY)
    monkeypatch.setattr(people, "ROWS_OF_BUCKET", 12)
    assert _tables(project) == usual
    monkeypatch.setattr(columnar, "_is_beyond", lambda _: True)
    monkeypatch.setattr("pipeline.engine.processes", lambda _: 1)
    assert _tables(project) == usual
