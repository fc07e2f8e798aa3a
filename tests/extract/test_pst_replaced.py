"""Changed occurrences that are items of their own, attached to their series ([MS-OXOCAL] 2.2.10)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from pipeline.extract import pst
from pipeline.extract.content import Content, Reading
from pipeline.extract.pst.replaced import UNCLAIMED
from tests.extract.outlook_items import listed
from tests.pstwriter import keys
from tests.pstwriter.appointments import MEETING, Appointment
from tests.pstwriter.folders import Role
from tests.pstwriter.items import Attachment
from tests.pstwriter.layout import Form
from tests.pstwriter.mapi import Pair
from tests.pstwriter.people import ACCEPTED, CC, Person, Recipient
from tests.pstwriter.recurrence import TUESDAY, Frequency, Modified, Recurrence
from tests.pstwriter.store import Store, StoreSettings
from tests.pstwriter.timezone import TOKYO

READING = Reading(file_sha256="0" * 64, code_page="cp932", date_order="")
BOSS = Person(name="Boss", address="boss@kaede.test")
SERIES_PEOPLE = [
    Recipient(name="Boss", address="boss@kaede.test", is_organizer=True),
    Recipient(name="Ann", address="ann@x.test", response=ACCEPTED),
]
OWN_PEOPLE = [
    *SERIES_PEOPLE,
    Recipient(name="青木", address="/O=X/CN=AOKI", kind="EX", smtp="aoki@x.test", role=CC),
]
CHANGED = Modified(
    original=datetime(2026, 6, 9, 9),  # noqa: DTZ001 - on the clock of the series, as all here
    start=datetime(2026, 6, 10, 14),  # noqa: DTZ001
    end=datetime(2026, 6, 10, 15),  # noqa: DTZ001
    subject="変更：週次",
    body="持ち物：見本\r\n",
    recipients=OWN_PEOPLE,
)


def series(*modified: Modified, **more: Any) -> Appointment:
    """Return a weekly meeting in Tokyo with changed occurrences."""
    first = date(2026, 6, 2)
    given = {
        "subject": "週次",
        "body": "議題は別途",
        "location": "会議室",
        "start": TOKYO.instant(datetime.combine(first, time(9))),
        "end": TOKYO.instant(datetime.combine(first, time(10))),
        "zone": TOKYO,
        "state": MEETING,
        "organizer": BOSS,
        "recipients": SERIES_PEOPLE,
        "recurrence": Recurrence(frequency=Frequency.WEEKLY, first=first, weekdays=TUESDAY, count=5, modified=modified),
    }
    return Appointment(**{**given, **more})


def read(
    path: Path, item: Appointment, form: Form = Form.UNICODE, reader: Callable[..., Content] = pst.read
) -> tuple[dict[str, Any], dict[str, int]]:
    """Write a store with one item; return its row, and the troubles that the account of it names."""
    with path.open("wb") as out, Store(out, StoreSettings(form=form, code_page="cp932")) as store:
        store.add(store.add_folder("予定表", role=Role.CALENDAR), item)
    content = listed(reader(path, READING))
    (row,) = content.rows["events"]
    troubles = {one["target"]: one["values"] for one in content.columns if one["source"] == "an item of events"}
    return dict(row), troubles


def people(changed: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Return role, address and answer of the attendees of a changed occurrence."""
    return [(one["role"], one["email"], one["response"]) for one in changed["attendees"]]


@pytest.mark.parametrize("form", list(Form))
def test_body_and_attendees_of_a_changed_occurrence(tmp_path: Path, form: Form) -> None:
    """They are those of its own item, in every form of store; Exchange addresses are resolved as elsewhere."""
    row, troubles = read(tmp_path / "a.pst", series(CHANGED), form)
    (changed,) = row["modified"]
    assert (changed["original_local"], changed["start_local"]) == (CHANGED.original, CHANGED.start)
    assert (changed["subject"], changed["body"], changed["has_own_body"]) == ("変更：週次", CHANGED.body, True)
    assert people(changed) == [("required", "ann@x.test", "accepted"), ("optional", "aoki@x.test", None)]
    assert [one["email"] for one in row["attendees"]] == ["ann@x.test"]
    assert troubles == {}


@pytest.mark.parametrize("form", list(Form))
def test_the_second_reader_gives_the_body_and_says_what_it_cannot(tmp_path: Path, form: Form) -> None:
    """Of an attached item pypff shows the first block only: the people are out of its reach, which is reported."""
    row, troubles = read(tmp_path / "a.pst", series(CHANGED), form, pst.read_second)
    (changed,) = row["modified"]
    assert (changed["subject"], changed["body"], changed["attendees"]) == ("変更：週次", CHANGED.body, None)
    assert [text for text in troubles if "pypff does not give" in text]


def test_one_without_people_has_those_of_the_series(tmp_path: Path) -> None:
    """Where only the text was changed, the attendees are those of the series."""
    row, _ = read(tmp_path / "a.pst", series(replace(CHANGED, recipients=())))
    (changed,) = row["modified"]
    assert (changed["body"], changed["attendees"]) == (CHANGED.body, None)


class _Uninvited(Recipient):
    """Somebody who was taken off one occurrence: recipExceptionalDeleted."""

    def pairs(self, code_page: str | None = None) -> Any:
        """Yield the properties of the row."""
        yield from super().pairs(code_page)
        yield keys.RECIPIENT_FLAGS, 0x21


def test_who_was_taken_off_one_occurrence_is_not_there(tmp_path: Path) -> None:
    """The row stays in Outlook's table, marked; it is no attendee of that day."""
    gone = _Uninvited(name="Ann", address="ann@x.test")
    row, _ = read(tmp_path / "a.pst", series(replace(CHANGED, recipients=[gone])))
    assert row["modified"][0]["attendees"] == []


def test_a_large_body_is_read_whole(tmp_path: Path) -> None:
    """A text that Outlook keeps outside of the item's own block is there as well."""
    text = "長い議題。" * 20_000
    row, _ = read(tmp_path / "a.pst", series(replace(CHANGED, body=text)))
    assert row["modified"][0]["body"] == text


def _cut(item: Appointment) -> Sequence[Pair]:
    """Return the blob of a series without the description of its changed occurrences."""
    recurrence = item.recurrence
    assert recurrence is not None
    whole = recurrence.appointment(time(9), 60, "cp932")
    return ((keys.APPOINTMENT_RECURRENCE, whole[: len(recurrence.pattern()) + 18]),)


def test_where_the_blob_is_cut_off_the_attached_item_gives_the_occurrence(tmp_path: Path) -> None:
    """Nothing is lost that an attached item tells; that the blob is cut off is still said."""
    item = series(CHANGED)
    row, _ = read(tmp_path / "a.pst", replace(item, extra=_cut(item)))
    (changed,) = row["modified"]
    assert (changed["original_local"], changed["start_local"]) == (CHANGED.original, CHANGED.start)
    assert (changed["subject"], changed["body"]) == ("変更：週次", CHANGED.body)
    assert row["deleted_dates"] == []
    assert row["recurrence_trouble"] == "changed_occurrences_cut_off"


def test_an_attached_item_that_no_occurrence_claims_is_reported(tmp_path: Path) -> None:
    """What the blob does not know of does not take place; it is counted among what has no column."""
    stale = series(replace(CHANGED, original=datetime(2026, 6, 16, 9))).attached()[0]  # noqa: DTZ001
    row, troubles = read(tmp_path / "a.pst", series(attachments=[stale]))
    assert row["modified"] == []
    assert troubles == {UNCLAIMED: 1}


def test_a_file_attached_to_a_series_is_no_occurrence(tmp_path: Path) -> None:
    """Only what is marked as a changed occurrence is taken for one."""
    row, troubles = read(tmp_path / "a.pst", series(attachments=[Attachment(name="a.txt", data=b"x")]))
    assert (row["modified"], troubles) == ([], {})


def test_it_is_known_by_its_start_where_no_zone_is(tmp_path: Path) -> None:
    """A store of another program names no zone: the start on the series' clock tells which occurrence it is."""
    row, _ = read(tmp_path / "a.pst", series(CHANGED, has_zone=False))
    assert row["modified"][0]["body"] == CHANGED.body
    assert row["start_at"] == datetime(2026, 6, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("reader", [pst.read, pst.read_second])
def test_changed_occurrences_of_a_real_store(corpus: Path, reader: Callable[..., Content]) -> None:
    """Both readers find the texts that Outlook itself attached to a series, each at the occurrence that it is of."""
    content = listed(reader(corpus / "pst" / "jl_distlist.pst", READING))
    (row,) = [one for one in content.rows["events"] if one["modified"]]
    assert [(one["start_local"], one["body"]) for one in row["modified"]] == [
        (datetime(2016, 8, 23, 9), "This is the appointment at 9\r\n"),  # noqa: DTZ001
        (datetime(2016, 8, 30, 10), "This is the one at 10\r\n"),  # noqa: DTZ001
    ]
