"""Transports with their reasons, batches and their bytes."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.load import bulk_write, plan
from pipeline.load.connection import TargetName
from pipeline.load.decide import Decision
from pipeline.load.org import Org, User
from pipeline.load.people import People
from pipeline.load.plan import Batch, Item, Sizes, Transport
from pipeline.load.snapshot import Records
from pipeline.load.values import Reference, Value
from pipeline.targets import CONTACTS, EVENTS, TARGETS, TASKS, Field, Kind, Target
from tests.load.build import KEY, org_fields, row

BULK = Transport("bulk", "r", KEY)
RECORDS = Transport("records", "r", KEY)
NOBODY = People(Records("Contacts", {}), Records("Leads", {}), [])
TASK_ABOUT = replace(TASKS, fields=(*TASKS.fields, Field(api_name="Who_Id", source="s", kind=Kind.LOOKUP,
                                                         lookup="contacts", label_en="l", label_ja="l")))  # fmt: skip
ORG = Org(
    zgid="1",
    company="c",
    current_user="9",
    users=(User("8", "a@x.example", is_active=True), User("7", "gone@x.example", is_active=False)),
    fields={target.module: org_fields(target) for target in TARGETS},
    bulk_modules=frozenset({"Accounts", "Contacts", "Tasks"}),
)


def item(crm_key: str, crm_id: str = "", *, is_stamped: bool = True, **held: Value) -> Item:
    """Return a record to write."""
    owner = "" if crm_id else "9"
    return Item(crm_key=crm_key, crm_id=crm_id, values=held, owner_id=owner, content_hash="h", is_stamped=is_stamped)


@pytest.mark.parametrize(
    ("target", "org", "asked", "name", "reason"),
    [
        pytest.param(CONTACTS, ORG, ("sandbox",), "bulk", "unique field", id="safe"),
        pytest.param(CONTACTS, ORG, ("crm",), "records", "workflow rules", id="a real CRM's workflows"),
        pytest.param(CONTACTS, ORG, ("crm", "Contacts"), "bulk", "unique field", id="checked by the operator"),
        pytest.param(EVENTS, ORG, ("sandbox",), "records", "does not take Events", id="events"),
        pytest.param(
            CONTACTS, replace(ORG, bulk_modules=frozenset()), ("sandbox",), "records", "does not take", id="org"
        ),
        pytest.param(
            CONTACTS, replace(ORG, fields={"Contacts": {}}), ("sandbox",), "records", "at most once", id="no key"
        ),
        pytest.param(TASK_ABOUT, ORG, ("sandbox",), "records", "not known to take Who_Id", id="an unproven look-up"),
    ],
)
def test_choose(target: Target, org: Org, asked: tuple[TargetName, *tuple[str, ...]], name: str, reason: str) -> None:
    """Bulk write only where it is safe, each choice with its reason."""
    chosen = plan.choose(target, org, KEY, asked[0], asked[1:])
    assert chosen.name == name
    assert reason in chosen.reason
    assert chosen.is_repeatable is (reason != "at most once")


def test_owner_is_an_active_user() -> None:
    """An address names an active user only."""
    assert (ORG.user_id("A@x.example"), ORG.user_id("gone@x.example")) == ("8", None)


def test_batches_are_within_limits() -> None:
    """Creates and updates apart, at most 100 a call or the configured rows a job, in the order of the rows."""
    items = [item(str(n), "5" if n % 2 else "", Last_Name="x") for n in range(250)]
    sizes = [(one.action, len(one.items)) for one in plan.batches(CONTACTS, RECORDS, items, Sizes())]
    assert sizes == [("create", 100), ("create", 25), ("update", 100), ("update", 25)]
    assert [len(one.items) for one in plan.batches(CONTACTS, BULK, items, Sizes(bulk=60))] == [60, 60, 5, 60, 60, 5]
    creates = plan.batches(CONTACTS, BULK, items[::2], Sizes(bulk=60))
    assert [one for batch in creates for one in batch.items] == items[::2]


def test_a_large_bulk_file_is_halved() -> None:
    """A CSV that would be too large is two."""
    items = [item(str(n), Description="x" * 30_000, Last_Name="x") for n in range(1000)]
    sizes = [len(one.csv) for one in plan.batches(CONTACTS, BULK, items, Sizes())]
    assert len(sizes) == 2
    assert max(sizes) <= 24_000_000


def test_bulk_create() -> None:
    """Our key is column 0; look-ups and owner go by id, dates with their format."""
    first, second = (
        item("k1", Last_Name="山田", Account_Name="77"),
        item("k2", Last_Name="Lee", Date_of_Birth="1980-01-02"),
    )
    batch = Batch(target=CONTACTS, action="create", transport=BULK, items=(first, second))
    assert batch.csv.decode() == (
        f"{KEY},Last_Name,Account_Name,Date_of_Birth,Owner\nk1,山田,77,,9\nk2,Lee,,1980-01-02,9\n"
    )
    assert plan.mappings_of(batch) == [
        {"api_name": KEY, "index": 0},
        {"api_name": "Last_Name", "index": 1},
        {"api_name": "Account_Name", "index": 2, "find_by": "id"},
        {"api_name": "Date_of_Birth", "index": 3, "format": "yyyy-MM-dd"},
        {"api_name": "Owner", "index": 4, "find_by": "id"},
    ]


def test_a_layout_is_of_new_records_only() -> None:
    """The layout goes beside the columns of a create, none more of them, and not with an update."""
    own = replace(CONTACTS, layout="42")
    new, old = item("k1", Last_Name="x"), item("k2", "5", Last_Name="x")
    one, same = (Batch(target=each, action="create", transport=BULK, items=(new,)) for each in (own, CONTACTS))
    assert plan.mappings_of(one) == [
        *plan.mappings_of(same),
        {"api_name": "Layout", "default_value": {"value": "42"}},
    ]
    assert one.csv == same.csv
    by_records = Batch(target=own, action="create", transport=RECORDS, items=(new,))
    (record,) = plan.body_of(by_records, NOBODY)["data"]
    assert record == {"Last_Name": "x", KEY: "k1", "Owner": {"id": "9"}, "Layout": {"id": "42"}}
    update = Batch(target=own, action="update", transport=RECORDS, items=(old,))
    assert "Layout" not in plan.body_of(update, NOBODY)["data"][0]
    assert all(each["api_name"] != "Layout" for each in plan.mappings_of(replace(update, transport=BULK)))


def test_bulk_job_is_safe_to_repeat() -> None:
    """A create is an upsert by our key, and empty cells wipe nothing."""
    batch = Batch(target=CONTACTS, action="create", transport=BULK, items=(item("k", Last_Name="x"),))
    body = bulk_write.job_of(batch, "42")
    (resource,) = body["resource"]
    assert (body["operation"], resource["find_by"], resource["ignore_empty"]) == ("upsert", KEY, True)


def test_bulk_update() -> None:
    """An update names the record, leaves the owner alone, and writes our key only where there is none."""
    items = (item("k1", "1", Title="x"), item("k2", "2", is_stamped=False, Title="y"))
    batch = Batch(target=CONTACTS, action="update", transport=BULK, items=items)
    assert batch.csv.decode() == f"{KEY},id,Title\nk1,1,x\n,2,y\n"


def test_body_of_events() -> None:
    """An event tells nobody, and is set off by nothing."""
    people = People(Records("Contacts", {"5": {"id": "5", "Email": "a@x.example"}}), Records("Leads", {}), [])
    event = item("k", Event_Title="T", All_day=False, Participants=("a@x.example", "b@x.example"))
    body = plan.body_of(Batch(target=EVENTS, action="create", transport=RECORDS, items=(event,)), people)
    assert body["trigger"] == []
    assert body["data"] == [
        {
            "Event_Title": "T",
            "All_day": False,
            "Participants": [
                {"type": "contact", "participant": "5"},
                {"type": "email", "participant": "b@x.example", "Email": "b@x.example"},
            ],
            KEY: "k",
            "Owner": {"id": "9"},
            "$send_notification": False,
        }
    ]


def test_body_of_an_update() -> None:
    """A look-up goes as its id; owner and key are not touched."""
    one = item("k", "3", is_stamped=False, Account_Name="77")
    body = plan.body_of(Batch(target=CONTACTS, action="update", transport=RECORDS, items=(one,)), NOBODY)
    assert body["data"] == [{"Account_Name": {"id": "77"}, "id": "3"}]


@pytest.mark.parametrize("way", [BULK, RECORDS])
def test_the_layout_is_part_of_what_a_batch_would_write(way: Transport) -> None:
    """New records in another layout are another request; an update leaves the layout alone, and its digest too."""
    targets = [replace(CONTACTS, layout=layout) for layout in ("", "1", "2")]
    made = {Batch(target=one, action="create", transport=way, items=(item("k", Title="a"),)).digest for one in targets}
    changed = {
        Batch(target=one, action="update", transport=way, items=(item("k", "1", Title="a"),)).digest for one in targets
    }
    assert (len(made), len(changed)) == (3, 1)


def test_digest_is_of_the_content() -> None:
    """The same content has the same digest in any order of its fields; any other value another."""
    items = (item("k", Title="a", Phone="b"), item("k", Phone="b", Title="a"), item("k", Title="a", Phone="c"))
    one, same, other = (Batch(target=CONTACTS, action="create", transport=BULK, items=(each,)) for each in items)
    assert one.digest == same.digest != other.digest


def planned(owner: str = "9", **changed: Any) -> str:
    """Return the hash of a plan of one row."""
    decision = Decision(
        row=row(CONTACTS, 0, "k"), crm_key="k", action="create", values={"Account_Name": Reference("Accounts", "a")}
    )
    return plan.plan_hash({"Contacts": [(decision._replace(**changed), owner)]})


def test_plan_hash() -> None:
    """What a person approves changes with every record, value, action and owner, and with nothing else."""
    others = [planned("8"), planned(crm_id="1", action="update"), planned(crm_key="l"), planned(values={"Title": "x"})]
    assert len({planned(), *others}) == 5
    assert planned(remarks=()) == planned()


def test_plan_hash_of_layouts() -> None:
    """Another layout of new records is another plan; without one the hash is what it was before there were any."""
    assert len({plan.plan_hash({}, layouts) for layouts in ({}, {"Contacts": "1"}, {"Contacts": "2"})}) == 3
    assert plan.plan_hash({}, {}) == plan.plan_hash({})
    assert planned() == "65981e3d5102954769144a3bd8fb7b1263c71e598432bd8310ef13f6feebfa3a"
