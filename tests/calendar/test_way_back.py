"""The way back: what the CRM holds, as files that Outlook imports, read by other libraries."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject

from pipeline import config as settings
from pipeline import extract, schemas, store, transform
from pipeline.clean import date as dates
from pipeline.config import Config
from pipeline.errors import SettingsError
from pipeline.load import cards, ics, series_back, way_back
from pipeline.load.ics import Event
from pipeline.load.way_back import Wanted
from pipeline.targets import TARGETS, chosen
from pipeline.transform.draft import Row
from tests import builders
from tests.calendar import ics_reader, series
from tests.calendar.series import YEARS, changed, row, whole_days
from tests.calendar.test_occurrences import RULES, ZONES
from tests.calendar.test_participants import DANA, SATO, SETTINGS, meeting
from tests.load import world
from tests.load.world import Crm

_PLACE = {"item_id", "file_sha256", "folder", "position", "message_class"}
LONDON = SETTINGS.replace('name = "dana"', 'name = "dana"\ntime_zone = "Europe/London"')
NOBODYS = """
[[mailbox]]
name = "york"
files = ["york/*"]
time_zone = "America/New_York"
"""
MAPPINGS = """
[[mapping]]
table = "contacts"
field = "Reading"
source = "yomi_surname"
[[mapping]]
table = "contacts"
field = "Second"
source = "surname"
[[mapping]]
table = "contacts"
field = "Phone"
source = "mobile_phone"
[[mapping]]
table = "contacts"
field = "Mobile"
drop = true
"""


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;COUNT=9",
        "FREQ=DAILY;INTERVAL=3;COUNT=7",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=8",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=8",
        "FREQ=MONTHLY;BYMONTHDAY=11;COUNT=7",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=7",
        "FREQ=MONTHLY;BYDAY=2MO;COUNT=7",
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR;COUNT=5",
        "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=11;COUNT=3",
    ],
)
def test_the_days_give_back_their_rule(rule: str) -> None:
    """A rule made of days gives these days and no other, with one of them gone too."""
    days = series.days_of(rule, date(2026, 5, 11), date(2040, 1, 1))
    for kept in (days, [*days[:1], *days[2:]]):
        found = series_back.rule_of(kept)
        assert found is not None
        given = series.days_of(f"{found.rrule};WKST=MO", kept[0], date(2040, 1, 1))
        assert [day for day in given if day not in found.missing] == kept
        assert len(found.missing) <= len(days) - len(kept)


def test_days_without_a_rule_have_none() -> None:
    """Days that follow no rule stay single events."""
    days = [date(2026, 5, 11) + timedelta(days=number * number * 13) for number in range(6)]
    assert series_back.rule_of(days) is None


def _plain(made: Row, path: str) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name not in _PLACE} | {"path": path}


def _events() -> list[dict[str, Any]]:
    moved = changed("2026-11-03T09:30", "2026-11-04T11:00", "2026-11-04T12:00", subject="Moved")
    weekly = row(
        "FREQ=WEEKLY;BYDAY=TU;COUNT=6", "2026-10-13T09:30", 15, deleted_dates=[date(2026, 10, 20)], modified=[moved]
    )
    trip = whole_days("FREQ=MONTHLY;BYDAY=2MO;COUNT=4", date(2026, 5, 11), 2, subject="Trip")
    return [
        {**_plain(weekly, "dana/a.pst"), "raw_key": '["goid", "w"]', "organizer": builders.person(DANA, "organizer"),
         "attendees": [builders.person("a@x.test"), builders.person(SATO)]},
        {**_plain(trip, "dana/a.pst"), "raw_key": '["goid", "t"]'},
        meeting("Once", builders.person("b@x.test"), organizer=builders.person(SATO, "organizer")),
    ]  # fmt: skip


CONTACTS: list[dict[str, Any]] = [
    {
        "surname": "佐々木", "given_name": "一郎", "email1": "ichiro@x.test", "company": "株式会社テスト",
        "notes": "一行目\n二行目; とコンマ,", "business_phone": "03-0000-0001", "business_city": "港区",
        "birthday_date": date(1984, 2, 29), "path": "sato/a.pst", "manager": "上野 司",
    },
    {"surname": "上野", "given_name": "司", "email1": "boss@x.test", "company": "株式会社テスト", "path": "sato/a.pst"},
    {"surname": "Long", "given_name": 'Ann, "A"', "email1": "ann@x.test", "notes": "é" * 200, "path": "sato/a.pst"},
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded CRM."""

    crm: Crm
    config: Config
    known: dict[Wanted, dict[str, bytes]] = field(default_factory=dict)

    def export(self, wanted: Wanted) -> dict[str, bytes]:
        """Export, and return the files by name; the last export is enough for the same question."""
        if wanted not in self.known:
            self.known[wanted] = self.anew(wanted)
        return self.known[wanted]

    def anew(self, wanted: Wanted) -> dict[str, bytes]:
        """Export, and return the files by name."""
        self.crm.pass_a_minute()
        return {path.name: path.read_bytes() for path, _ in way_back.export(self.config, self.crm.connection, wanted)}


WHOLE_DAYS = [
    {"subject": zone, "is_all_day": True, "start_date": date(2026, 7, 20), "end_date": date(2026, 7, 22),
     "time_zone": zone, "raw_key": f'["goid", "{zone}"]', "path": path}
    for zone, path in (("America/New_York", "york/a.pst"), ("America/Los_Angeles", "nowhere/a.pst"),
                       ("Asia/Tokyo", "tokyo/a.pst"))
]  # fmt: skip


def test_whole_days_come_back_on_their_days(tmp_path: Path) -> None:
    """Whole days of a mailbox that no user owns, or of no mailbox at all, are not a day off; nor are filters by day."""
    with world.crm(tmp_path / "crm") as crm:
        config = builders.project(tmp_path, LONDON + NOBODYS)
        kinds = {f"{place}/a.pst": "pst-unicode" for place in ("york", "nowhere", "tokyo")}
        builders.extracted(config, {"events": WHOLE_DAYS}, kinds)
        transform.run(config)
        world.run(config, crm)
        loaded = Loaded(crm, config)
        read = ics_reader.occurrences(loaded.export(Wanted())["events.ics"])
        days = date(2026, 7, 20), date(2026, 7, 22)
        assert {one[2]: one[:2] for one in read} == {one["subject"]: days for one in WHOLE_DAYS}
        for day, number in ((19, 0), (20, 3), (22, 0)):
            wanted = Wanted(first=date(2026, 7, day), last=date(2026, 7, day))
            assert len(ics_reader.occurrences(loaded.export(wanted)["events.ics"])) == number


def test_a_whole_day_is_the_same_day_in_the_file_whatever_its_zone() -> None:
    """In all zones of the world the midnight that the CRM holds comes back as its day, with or without the zone known.

    Where it is not known, only zones more than 12 hours ahead are not told from those behind.
    """
    first, half = date(2026, 1, 4), timedelta(hours=12)
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in (first + timedelta(days=number) for number in range(0, 364, 7)):
            start, end = dates.midnight(day, zone), dates.midnight(day + timedelta(days=1), zone)
            known = way_back.whole_days(start, end, (ZoneInfo("Asia/Tokyo"), zone), is_ours=False)
            assert known == (day, day + timedelta(days=1)), (name, day)
            if -half < (start.astimezone(zone).utcoffset() or timedelta()) <= half:
                assert way_back.whole_days(start, end, (ZoneInfo("Asia/Tokyo"),), is_ours=True) == known, (name, day)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Load series, a meeting and contacts."""
    directory = tmp_path_factory.mktemp("way_back")
    with world.crm(directory / "crm") as crm:
        config = builders.project(directory, LONDON)
        tables: dict[str, list[dict[str, Any]]] = {"events": _events(), "contacts": CONTACTS}
        builders.extracted(config, tables, {"sato/a.pst": "pst-unicode", "dana/a.pst": "pst-unicode"})
        transform.run(config)
        world.run(config, crm)
        yield Loaded(crm, config)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_events_come_back_as_they_are(loaded: Loaded) -> None:
    """Another library reads the same times, attendees and titles out of the file as the CRM holds."""
    london = ZoneInfo("Europe/London")
    held: list[ics_reader.Occurrence] = []
    for one in loaded.crm.control("GET", "records/Events"):
        start, end = _instant(one["Start_DateTime"]), _instant(one["End_DateTime"])
        days = start.astimezone(london).date(), end.astimezone(london).date()
        people = frozenset(person["Email"] for person in one["Participants"] or ())
        held.append((*(days if one["All_day"] else (start, end)), one["Event_Title"], people))
    assert len(held) == 5 + 4 + 1
    assert ics_reader.occurrences(loaded.export(Wanted())["events.ics"]) == sorted(held, key=str)


def test_series_come_back_as_series(loaded: Loaded) -> None:
    """A series has its rule on its own clock, what was deleted is an exception, what was moved a changed occurrence."""
    text = loaded.export(Wanted())["events.ics"].decode().replace("\r\n ", "")
    assert "RRULE:FREQ=WEEKLY;COUNT=6;INTERVAL=1;BYDAY=TU" in text
    assert "EXDATE;TZID=Europe/London:20261020T093000" in text
    assert "RECURRENCE-ID;TZID=Europe/London:20261103T093000" in text
    assert "DTSTART;VALUE=DATE:20260511" in text
    assert text.count("BEGIN:VEVENT") == 2 + 1 + 1
    assert "METHOD:PUBLISH" in text
    assert "RSVP=TRUE" not in text


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        pytest.param(Wanted(owner=SATO), {"Once"}, id="of one owner"),
        pytest.param(Wanted(first=date(2026, 11, 4), last=date(2026, 11, 4)), {"Moved"}, id="of one day"),
        pytest.param(Wanted(last=date(2026, 5, 12)), {"Trip"}, id="until a day"),
        pytest.param(Wanted(last=date(2026, 5, 10)), set(), id="the midnight that ends a day is not on the next"),
    ],
)
def test_filters(loaded: Loaded, wanted: Wanted, titles: set[str]) -> None:
    """Only events of the days and the owner that were asked for."""
    assert {title for _, _, title, _ in ics_reader.occurrences(loaded.export(wanted)["events.ics"])} == titles


def test_an_owner_whom_the_crm_does_not_know_is_refused(loaded: Loaded) -> None:
    """A misspelt address would write empty files over those of before, as though nobody had anything."""
    file = loaded.config.project / "data" / "export" / "events.ics"
    loaded.anew(Wanted())
    before = file.read_bytes()
    with pytest.raises(SettingsError, match=r"no user sat0@example\.com; nothing was written"):
        loaded.anew(Wanted(owner="sat0@example.com"))
    assert file.read_bytes() == before


def test_the_same_crm_gives_the_same_bytes(loaded: Loaded) -> None:
    """Nothing but the CRM decides what is in the files; and nothing was written there."""
    before = loaded.crm.last_request()
    assert loaded.export(Wanted()) == loaded.anew(Wanted())
    assert loaded.crm.changes(before) == []


def test_vcards(loaded: Loaded) -> None:
    """Vobject reads every contact of the CRM out of the vCards."""
    read = {
        card.email.value: card
        for card in vobject.readComponents(loaded.export(Wanted())["contacts.vcf"].decode())
        if "email" in card.contents
    }
    ichiro = read["ichiro@x.test"]
    assert (ichiro.n.value.family, ichiro.n.value.given, ichiro.org.value[0]) == ("佐々木", "一郎", "株式会社テスト")
    assert (ichiro.bday.value, ichiro.tel.value, ichiro.adr.value.city) == ("1984-02-29", "03-0000-0001", "港区")
    assert ichiro.note.value == "一行目\n二行目; とコンマ,"
    assert read["ann@x.test"].note.value == "é" * 200
    lines = loaded.export(Wanted())["contacts.vcf"].split(b"\r\n")
    assert max(map(len, lines)) <= 75


@pytest.mark.parametrize("language", ["en", "ja", "fr"])
def test_outlook_csv_is_read_back(loaded: Loaded, tmp_path: Path, language: str) -> None:
    """The CSV is one that our own extract reads, with the same values: as UTF-8, by code page, a header twice."""
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    content = loaded.export(Wanted(language=language))["contacts.csv"]
    (tmp_path / "data" / "inbox" / "contacts.csv").write_bytes(content)
    (tmp_path / "pipeline.toml").write_text('[outlook]\ndate_order = "ymd"\n', encoding="utf-8")
    config = settings.load(tmp_path)
    extract.run(config)
    rows = store.read_all(
        config.extracted, store.Manifest.of(config.extracted), "contacts", schemas.CONTACTS
    ).to_pylist()
    (ichiro,) = [one for one in rows if one["email1"] == "ichiro@x.test"]
    assert (ichiro["surname"], ichiro["company"], ichiro["notes"]) == (
        "佐々木",
        "株式会社テスト",
        "一行目\n二行目; とコンマ,",
    )
    assert (ichiro["business_phone"], ichiro["birthday_date"]) == ("03-0000-0001", date(1984, 2, 29))
    assert (ichiro["manager"] or "").split() == ["上野", "司"]


def test_mappings_are_read_backwards_too(tmp_path: Path) -> None:
    """A field that a [[mapping]] fills goes back to the column it came from; of two the shipped one does."""
    (tmp_path / "pipeline.toml").write_text(MAPPINGS, encoding="utf-8")
    (target,) = (one for one in chosen(settings.load(tmp_path, tmp_path), TARGETS) if one.table == "contacts")
    contact = {"Last_Name": "A", "Reading": "ア", "Phone": "090-1", "Second": "B"}
    (row,) = csv.DictReader(cards.outlook_csv([contact], "en", target).decode("utf-8-sig").splitlines())
    assert (row["Surname Yomi"], row["Mobile Phone"]) == ("ア", "090-1")
    assert (row.get("Business Phone", ""), row["Last Name"]) == ("", "A")
    assert b"TEL;TYPE=CELL,VOICE:090-1" in cards.vcards([contact], target)


@pytest.mark.parametrize("language", cards.languages())
def test_every_language_has_its_headers(language: str) -> None:
    """The CSV of each language has a column for every field of the page's table that Outlook exports."""
    header = cards.outlook_csv([{"Last_Name": "A"}], language).splitlines()[0]
    assert header.count(b'","') > 20


def test_an_unknown_language_is_refused() -> None:
    """A language that Outlook's CSV is not known in is named, with those that are."""
    with pytest.raises(SettingsError, match="no Outlook language"):
        cards.outlook_csv([], "tlh")


def _written(name: str, rule: str, start: str, minutes: int) -> list[Event]:
    """Return the occurrences of a series as the CRM would hold them."""
    found: list[Event] = []
    for one in series.expanded(row(rule, start, minutes, name), YEARS, name):
        event = one.row
        found.append(
            Event(
                crm_id=str(len(found)), key=f"{'0' * 31}1-{event['occurrence_date']:%Y%m%d}", title="S", venue="",
                start=event["start_at"], end=event["end_at"], description="", owner="",
                zone=ZoneInfo(name), modified_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )  # fmt: skip
    return found


def test_all_zones_are_written_back() -> None:
    """Series over both changes of the clocks are the same instants when vobject reads them by the file's own zones.

    Every 40th zone; all of them, 200,000 occurrences, with ALL_ZONES=1 (make zones).
    """
    step = 1 if os.environ.get("ALL_ZONES") else 40
    compared = 0
    for name in ZONES[::step]:
        for rule, start, minutes in RULES:
            events = _written(name, rule, start, minutes)
            read = ics_reader.occurrences(ics.calendar(events, "1", ()))
            assert sorted(moment for moment, _, _, _ in read) == [one.start for one in events], (name, rule)
            compared += len(read)
    assert compared >= 200_000 / step * (1 if step == 1 else 0.9)
