"""What the cells of a CSV mean."""

from typing import Any

import pytest

from pipeline.extract import csv_values
from pipeline.extract.csv_language import languages, words

EN, JA = (language for language in languages() if language.code in {"en", "ja"})


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        pytest.param("status", "In Progress", "in_progress", id="English"),
        pytest.param("status", "待機中", "waiting", id="Japanese in an English file"),
        pytest.param("importance", "高", "high", id="Japanese"),
        pytest.param("importance", " URGENT ", "URGENT", id="another word stays as found"),
        pytest.param("busy_status", "3", "free", id="the number of the list box"),
        pytest.param("busy_status", "out of office", "out_of_office", id="a word whatever its case"),
        pytest.param("busy_status", "0", "0", id="a number that Outlook does not write"),
        pytest.param("gender", "Unspecified", None, id="unspecified is none"),
        pytest.param("gender", "指定なし", None, id="unspecified in Japanese"),
        pytest.param("gender", "男性", "male", id="male"),
        pytest.param("sensitivity", "親展", "private", id="private"),
        pytest.param("sensitivity", "", None, id="nothing"),
    ],
)
def test_word(name: str, cell: str, expected: str | None) -> None:
    """A word of Outlook becomes ours; one that nobody knows is kept as found."""
    assert csv_values.word(cell, words(EN, name)) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("True", True), ("FALSE", False), ("オン", True), ("いいえ", False), ("", None), ("maybe", None), ("１", True)],
)
def test_boolean(cell: str, *, expected: bool | None) -> None:
    """Yes and no in every language and case; anything else is neither."""
    assert csv_values.boolean(cell, words(JA, "boolean")) is expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("ann@a.example", {"email": "ann@a.example", "address_type": "SMTP"}, id="an address"),
        pytest.param("Ann Lee", {"name": "Ann Lee"}, id="a name"),
        pytest.param("Lee, Ann <ann@a.example>", {"name": "Lee, Ann", "email": "ann@a.example"}, id="both"),
        pytest.param('"Ann" <ann@a.example>', {"name": "Ann", "email": "ann@a.example"}, id="quoted"),
        pytest.param("/o=Ex/ou=G/cn=Recipients/cn=ann", {"email": None, "address_type": "EX"}, id="X.500"),
        pytest.param("@ann", {"name": "@ann", "email": None}, id="no address"),
    ],
)
def test_person(entry: str, expected: dict[str, Any]) -> None:
    """An attendee has an e-mail address only if the entry is one."""
    person = csv_values.person(entry, "required")
    assert person["role"] == "required"
    assert {name: person[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("cell", "is_complete", "expected"),
    [
        ("0", False, 0.0),
        ("50", False, 0.5),
        ("50%", False, 0.5),
        ("0.5", False, 0.5),
        ("0,25", False, 0.25),
        ("1", True, 1.0),
        ("1", False, 0.01),
        ("1%", True, 0.01),
        ("１００", True, 1.0),
        ("101", False, None),
        ("half", False, None),
    ],
)
def test_share(cell: str, expected: float | None, *, is_complete: bool) -> None:
    """A percentage is a share of one; a bare 1 is read by the status."""
    assert csv_values.share(cell, is_complete=is_complete) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("0", 0), ("2 hours", 120), ("1.5 h", 90), ("30 minutes", 30), ("２時間", 120), ("480", None), ("2 days", None)],
)
def test_minutes(cell: str, expected: int | None) -> None:
    """A duration counts only where its unit is stated; how long a working day is, nobody has said."""
    assert csv_values.minutes(cell, words(JA, "work_unit")) == expected


@pytest.mark.parametrize(
    ("address", "stated", "expected"),
    [
        ("ann@a.example", None, "SMTP"),
        ("/o=Ex/cn=Recipients/cn=ann", None, "EX"),
        ("ann@a.example", "smtp", "SMTP"),
        ("ann", None, None),
        (None, "SMTP", None),
    ],
)
def test_address_type(address: str | None, stated: str | None, expected: str | None) -> None:
    """The file says what kind of address it is, else its form does."""
    assert csv_values.address_type(address, stated) == expected


@pytest.mark.parametrize(("cell", "expected"), [("A; B ;", ["A", "B"]), (" ; ", None), ("山田;佐藤", ["山田", "佐藤"])])
def test_items(cell: str, expected: list[str] | None) -> None:
    """A list has no empty items."""
    assert csv_values.items(cell) == expected
