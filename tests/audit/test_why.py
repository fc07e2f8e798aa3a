"""Why a record of the CRM is as it is: every loaded field leads back to its file, item and column."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import config as settings
from pipeline.config import Config
from pipeline.errors import SettingsError, StageError
from pipeline.load import why
from pipeline.load.why import Why, sent
from pipeline.targets import CONTACTS
from tests import line
from tests.audit import bench_why
from tests.load import world
from tests.load.build import ready

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a project that loaded the sample."""
    project = tmp_path_factory.mktemp("p")
    line.whole(project, "--inbox", str(SAMPLE))
    return settings.load(project)


def intents(config: Config) -> Iterator[tuple[str, str, str]]:
    """Yield module, crm_key and id of everything that was written."""
    (path,) = config.audit.glob("*/ledger.sqlite")
    with closing(sqlite3.connect(path)) as db:
        yield from db.execute(
            "SELECT DISTINCT b.module, i.crm_key, i.crm_id FROM intents i JOIN batches b USING (batch)"
        )


def test_every_field_of_the_sample(loaded: Config) -> None:
    """Each field of each record that was loaded has its file, item and run, within a second."""
    slowest, fields = 0.0, 0
    for module, crm_key, crm_id in intents(loaded):
        started = time.monotonic()
        (found,) = why.ask(loaded, crm_id)
        slowest = max(slowest, time.monotonic() - started)
        assert (found.module, found.crm_key) == (module, crm_key)
        items = {one.item_id: one for one in found.items}
        for field in found.fields:
            fields += 1
            if field.constant and not field.items:
                continue
            assert field.items, (module, field.name)
            origin = [items[item_id] for item_id in field.items]
            assert all(len(one.file_sha256) == 64 and one.path and one.position for one in origin)
            assert not field.column or any(field.column in one.filled for one in origin)
            assert (field.run, field.batch > 0) == (1, True)
        assert why.lines(found)
    assert fields > 300
    assert slowest < 1


def of_email(config: Config, address: str) -> Why:
    """Return the contact with an address."""
    (found,) = [one for one in why.ask(config, address) if one.module == "Contacts"]
    return found


def test_a_merged_contact(loaded: Config) -> None:
    """Of a contact merged from a store and two CSV files, each field names the copy that it is from."""
    found = of_email(loaded, "Misaki.Takahashi@midori-insatsu.example")
    by_field = {one.name: one for one in found.fields}
    places = {one.item_id: (one.path, one.position) for one in found.items}
    store = ("sato/バックアップ.pst", 0x2001A4)
    assert [places[one] for one in by_field["Home_Phone"].items] == [store]
    assert [places[one] for one in by_field["Mobile"].items] == [("sato/連絡先.csv", 2), store]
    assert (by_field["Mobile"].column, by_field["Other_City"].column) == ("mobile_phone", "")
    assert {one["rule"] for one in found.merges} == {"same_email"}
    assert ("Mobile", "other_copy_was_kept") in {(one["field"], one["rule"]) for one in found.changes}
    assert (found.is_ours, [one.action for one in found.sent][:1]) == (False, ["update"])


def test_by_key_as_by_id(loaded: Config) -> None:
    """The key, the id and the address lead to the same answer."""
    found = of_email(loaded, "misaki.takahashi@midori-insatsu.example")
    assert why.ask(loaded, found.crm_key) == why.ask(loaded, found.crm_id) == [found]


def test_nobody(loaded: Config) -> None:
    """What no load ever met is told as such."""
    with pytest.raises(StageError, match="No record"):
        why.ask(loaded, "nobody@example.com")
    with pytest.raises(SettingsError, match="WHAT= names no record"):
        why.ask(loaded, " ")


def bobs(phone: str) -> world.Rows:
    """Return two contacts, one of them with a number."""
    return {
        "contacts": [
            ready(CONTACTS, "msg:bob", Last_Name="Ray", Email="bob@ray.example", Phone=phone),
            ready(CONTACTS, "msg:ann", Last_Name="Ann", Email="ann@ray.example"),
        ]
    }


def test_a_value_that_was_kept_for_a_person(tmp_path: Path) -> None:
    """Where the last load kept what a person wrote, the answer says so, with both values."""
    with world.crm(tmp_path / "crm") as crm:
        world.run(world.project(tmp_path / "p", bobs("03-1")), crm)
        bob = next(one for one in crm.records("Contacts", "Email") if one["Email"] == "bob@ray.example")
        crm.write("PUT", "Contacts", id=bob["id"], Phone="03-9")
        config = world.project(tmp_path / "p", bobs("03-2"))
        world.run(config, crm)
        (found,) = why.ask(config, bob["id"])
        ann = next(one for one in crm.records("Contacts", "Email") if one["Email"] == "ann@ray.example")
        (other,) = why.ask(config, ann["id"])
    assert found.noted_by == other.noted_by > found.sent[-1].run
    said = why.lines(found)
    assert "    Phone: «03-9» is kept, a person changed it; ours: «03-2»" in said
    assert not other.noted


def test_work_data_may_go(loaded: Config) -> None:
    """The answer needs no work data."""
    (loaded.work).rename(loaded.work.with_name("gone"))
    try:
        assert all(one.path for one in of_email(loaded, "misaki.takahashi@midori-insatsu.example").items)
    finally:
        loaded.work.with_name("gone").rename(loaded.work)


def test_many_records(tmp_path: Path) -> None:
    """With many records in the ledger nothing is searched from end to end but the short rows of keys."""
    directory = tmp_path / "data" / "audit" / "sandbox-1"
    directory.mkdir(parents=True)
    bench_why.fill(directory, 20_000)
    bench_why.keep_origins(directory, 20_000)
    assert max(bench_why.measured(tmp_path, 20_000).values()) < 1
    with closing(sqlite3.connect(directory / "ledger.sqlite")) as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        list(sent.of_id(db, "5000000000000000007"))
        sent.about(db, "Contacts", bench_why.key_of(7))
        db.set_trace_callback(None)
        plans = [str(row[3]) for query in asked for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith(("SCAN r", "SCAN u"))] == []
