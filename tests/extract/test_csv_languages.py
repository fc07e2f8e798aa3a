"""Outlook's CSV in every language of csv_headers: recognised from its columns, each of which is accounted for."""

import csv
import io
import re
from collections.abc import Sequence

import pytest

from pipeline.extract import outlook_csv
from pipeline.extract.content import Content, Reading
from pipeline.extract.csv_language import KINDS, Kind, Language, languages
from tests.conftest import ROOT

READING = Reading(file_sha256="0" * 64, code_page="cp932", date_order="")
TABLES = ROOT.parent / "shared" / "reference" / "outlook-csv"
_OTHERS = [language for language in languages() if language.code not in {"en", "ja"}]
_EXPORTED = [(language, kind) for language in languages() for kind in KINDS if language.columns[kind]]


def _header(language: Language, kind: Kind) -> list[str]:
    """Return the columns of one export: each as often as it may occur."""
    columns = language.columns[kind].items()
    return [header.replace("i\u0307", "İ") for header, targets in columns for _ in targets]  # folded, İ is two letters


def _read(header: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8-sig", delimiter: str = ",") -> Content:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return outlook_csv.content_of(text.getvalue().encode(encoding, "replace"), READING)


@pytest.mark.parametrize(("language", "kind"), _EXPORTED, ids=lambda value: getattr(value, "code", value))
def test_every_language_is_recognised(language: Language, kind: Kind) -> None:
    """A header names its language and kind, and no column of it is undecided."""
    content = _read(_header(language, kind))
    assert (content.kind, content.language) == (f"csv-{kind}", language.code)
    assert {column["verdict"] for column in content.columns} <= {"used", "ignored"}


@pytest.mark.parametrize("language", _OTHERS, ids=lambda language: language.code)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_contacts_of_every_language(language: Language, delimiter: str) -> None:
    """Cells arrive in their columns, in the code page of the language and with its delimiter."""
    header = _header(language, "contacts")
    targets = [target for found in language.columns["contacts"].values() for target in found]
    row = ["SMTP" if target.endswith("_type") else f"value {target}" for target in targets]
    row = ["31.12.1984" if target.endswith("_date") else cell for target, cell in zip(targets, row, strict=True)]
    content = _read(header, row, encoding=language.code_pages[0], delimiter=delimiter)
    table = content.rows["contacts"]
    (found,) = table.to_pylist()  # type: ignore[union-attr]  # a CSV gives a table
    assert content.language == language.code
    for target in ("given_name", "surname", "email1", "company", "business_city", "mobile_phone", "notes"):
        assert found[target].split("\n")[0] == f"value {target}"
    assert found["birthday_date"].isoformat() == "1984-12-31"


@pytest.mark.parametrize("language", _OTHERS, ids=lambda language: language.code)
def test_english_names_count_everywhere(language: Language) -> None:
    """An export whose own names are mixed with English ones is read as its language, with no column undecided."""
    header = [*_header(language, "contacts"), "Anniversary", "Car Phone", "Nickname"]
    content = _read(header)
    assert content.language == language.code
    assert {column["verdict"] for column in content.columns} <= {"used", "ignored"}


def test_a_name_that_repeats_is_told_by_its_place() -> None:
    """In French, Titre is the honorific first and the position second; Début is the date, then the time."""
    contacts = _read(["Titre", "Prénom", "Nom", "Titre", "Adresse de messagerie"], ["Mme", "Ada", "Roux", "PDG", ""])
    (row,) = contacts.rows["contacts"].to_pylist()  # type: ignore[union-attr]  # a CSV gives a table
    assert (row["name_prefix"], row["given_name"], row["surname"], row["job_title"]) == ("Mme", "Ada", "Roux", "PDG")
    cells = ["Point", "31/12/2025", "10:00:00", "31/12/2025", "11:00:00"]
    events = _read(["Objet", "Début", "Début", "Fin", "Fin"], cells)
    (event,) = events.rows["events"].to_pylist()  # type: ignore[union-attr]  # a CSV gives a table
    assert event["start_local"].isoformat() == "2025-12-31T10:00:00"
    assert event["end_local"].isoformat() == "2025-12-31T11:00:00"


def test_words_of_a_language() -> None:
    """Booleans, priorities and empty dates of a Russian export are understood."""
    header = ["Имя", "Фамилия", "Адрес эл. почты", "День рождения", "Частное", "Пометка", "Важность", "Пол"]
    content = _read(header, ["Анна", "Петрова", "anna@example.com", "0.0.00", "Ложь", "Обычная", "Обычная", "Женский"])
    (row,) = content.rows["contacts"].to_pylist()  # type: ignore[union-attr]  # a CSV gives a table
    assert (row["birthday_date"], row["is_private"], row["sensitivity"]) == (None, False, "normal")
    assert (row["importance"], row["gender"], row["notes"]) == ("normal", "female", None)


def test_an_undecided_column_is_counted() -> None:
    """A column that nobody decided about is read as such, with how many values it has."""
    content = _read(["Vorname", "Nachname", "E-Mail-Adresse", "Lieblingsfarbe"], ["Ada", "Roux", "", "rot"])
    undecided = [(column["source"], column["values"]) for column in content.columns if column["verdict"] == "unmapped"]
    assert undecided == [("Lieblingsfarbe", 1)]


@pytest.mark.parametrize("language", languages(), ids=lambda language: language.code)
def test_every_name_of_the_reference_is_known(language: Language) -> None:
    """Each header that the reference has for a language has a place, or a reason to have none."""
    path = TABLES / f"headers-{language.code}.md"
    if not path.is_file():
        pytest.skip("the reference (../shared/reference/outlook-csv) is not here")
    names = re.findall(r"^\| \d+ \| (.*?) \|", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    separate = [part for name in names for part in (re.split(r",(?! )", name) if re.search(r" ?2", name) else [name])]
    assert len(separate) > 80
    missing = [name for name in separate if not any(language.knows(kind, name) for kind in KINDS)]
    english = next(one for one in languages() if one.code == "en")
    assert [name for name in missing if not english.knows("contacts", name)] == []
