"""Which record of the CRM a row is."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.load import match
from pipeline.load.match import Found, Memory
from pipeline.load.rows import Row
from pipeline.load.snapshot import Records
from pipeline.targets import ACCOUNTS, CONTACTS, EVENTS, TASKS, Target
from tests.load.build import KEY, index, known, memory, records, row

ANN = {"id": "1", "Email": "ann@x.example", "Last_Name": "Lee", "First_Name": "Ann"}
BOB = {"id": "2", "Email": "", "Last_Name": "Ray", "First_Name": "Bob"}


def found(
    target: Target, rows: Sequence[Row], held: Sequence[Mapping[str, str]], remembered: Memory | None = None
) -> list[Found]:
    """Match rows with records; every row's owner would be u1."""
    owners = {one.position: "u1" for one in rows}
    return match.find(rows, remembered or memory(), index(target, *held), owners)


@pytest.mark.parametrize(
    ("fields", "held", "crm_id", "refusal"),
    [
        pytest.param({"Email": "ANN@x.example", "Last_Name": "Other"}, [ANN], "1", "", id="same address"),
        pytest.param({"Email": "new@x.example", "Last_Name": "Ray", "First_Name": "Bob"}, [BOB], "", "",
                     id="an address that nobody has: the name does not count"),
        pytest.param({"Last_Name": "ＲＡＹ", "First_Name": " bob"}, [BOB], "2", "", id="same name, folded"),
        pytest.param({"Last_Name": "Lee", "First_Name": "Ann"}, [ANN], "", "", id="same name, that one has an address"),
        pytest.param({"Last_Name": "Ray"}, [BOB], "", "", id="half a name"),
        pytest.param({"Last_Name": "Ray", "First_Name": "Bob"}, [BOB, BOB | {"id": "3"}], "", match.SEVERAL_RECORDS,
                     id="two namesakes: unsure"),
        pytest.param({"Email": "ann@x.example"}, [ANN, ANN | {"id": "3"}], "", match.SEVERAL_RECORDS,
                     id="two records with one address: unsure"),
    ],
)  # fmt: skip
def test_contacts(fields: dict[str, Any], held: list[dict[str, str]], crm_id: str, refusal: str) -> None:
    """Contacts are the same by address; only without one on both sides by name."""
    (one,) = found(CONTACTS, [row(CONTACTS, 0, "k", **fields)], held)
    assert (one.crm_id, one.refusal) == (crm_id, refusal)


TASK = {"id": "5", "Subject": "Call", "Due_Date": "2026-05-20", "Owner": "u1"}


@pytest.mark.parametrize(
    ("held", "due", "crm_id"),
    [
        pytest.param(TASK, "2026-05-20", "5", id="same subject and day"),
        pytest.param(TASK | {"Owner": "u2"}, "2026-05-20", "", id="somebody else's"),
        pytest.param(TASK, "2026-05-21", "", id="another day"),
        pytest.param(TASK | {"Due_Date": ""}, None, "", id="no due date never equals another"),
    ],
)
def test_tasks(held: dict[str, str], due: str | None, crm_id: str) -> None:
    """Tasks are the same by subject and due date, of one owner."""
    assert found(TASKS, [row(TASKS, 0, "k", Subject="call", Due_Date=due)], [held])[0].crm_id == crm_id


def test_ledger_comes_first() -> None:
    """A record that the ledger knows is the row's, whatever its address is now."""
    rows = [row(CONTACTS, 0, "k", Last_Name="Lee", Email="new@x.example")]
    (one,) = found(CONTACTS, rows, [ANN, BOB], memory(k=known("2")))
    assert (one.crm_id, one.crm_key) == ("2", "k")


def test_deleted_record_is_not_made_again() -> None:
    """A record that the ledger knows and the CRM has no more is listed, even where another would match."""
    rows = [row(CONTACTS, 0, "k", Email="ann@x.example")]
    (one,) = found(CONTACTS, rows, [ANN], memory(k=known("99")))
    assert (one.crm_id, one.refusal) == ("", match.DELETED)


def test_key_field_finds_what_the_ledger_lost() -> None:
    """Without a ledger, any source_key of the cluster in the key field names the record and the crm_key."""
    rows = [row(CONTACTS, 0, "a", ["a", "b"], Last_Name="x")]
    (one,) = found(CONTACTS, rows, [BOB | {KEY: "b"}])
    assert (one.crm_id, one.crm_key) == ("2", "b")


def test_a_record_keeps_its_key() -> None:
    """A record found by nature that has a key already gives it to the row."""
    (one,) = found(CONTACTS, [row(CONTACTS, 0, "k", Email="ann@x.example")], [ANN | {KEY: "other"}])
    assert (one.crm_id, one.crm_key) == ("1", "other")


def test_claimed_record_is_free_for_nobody_else() -> None:
    """A record that the ledger gives to one row is no candidate for another: de-duplication kept them apart."""
    rows = [row(CONTACTS, 0, "new", Email="ann@x.example"), row(CONTACTS, 1, "k", Email="ann@x.example")]
    first, second = found(CONTACTS, rows, [ANN], memory(k=known("1")))
    assert (first.crm_id, first.refusal, second.crm_id) == ("", "", "1")


def test_two_rows_for_one_record() -> None:
    """Where two rows are the same record by nature, nothing tells which: none is sent."""
    rows = [row(CONTACTS, n, f"k{n}", Email="ann@x.example") for n in range(2)]
    assert {(one.crm_id, one.refusal) for one in found(CONTACTS, rows, [ANN])} == {("", match.SEVERAL_ROWS)}


def test_two_keys_for_one_record() -> None:
    """Two remembered keys of one record (merged in the CRM): the first row has it, the other is listed."""
    rows = [row(CONTACTS, n, f"k{n}", Last_Name="x") for n in range(2)]
    both = found(CONTACTS, rows, [ANN], memory(k0=known("1"), k1=known("1")))
    assert [one.refusal for one in both] == ["", match.RECORD_TAKEN]
    bare = found(CONTACTS, rows, [{"id": "1"}], memory(k0=known("1"), k1=known("1")))  # of no natural key
    assert [one.refusal for one in bare] == ["", match.RECORD_TAKEN]


@pytest.mark.parametrize("held", [pytest.param([], id="an empty CRM"), pytest.param([BOB], id="one with records")])
def test_two_rows_of_one_key(held: list[dict[str, str]]) -> None:
    """Two rows that have one key would be one record of both: none is sent, whatever the CRM holds."""
    rows = [row(CONTACTS, n, "k", Last_Name=f"x{n}") for n in range(2)]
    assert [one.refusal for one in found(CONTACTS, rows, held)] == [match.SEVERAL_ROWS] * 2


@pytest.mark.parametrize(
    ("keys", "clusters", "expected"),
    [
        pytest.param({}, [["b", "a"]], ["b"], id="new: the cluster's key"),
        pytest.param({"a": "a"}, [["0", "a"]], ["a"], id="an item joined: the old key stays"),
        pytest.param({"a": "a", "b": "a"}, [["b", "c"]], ["a"], id="the item that gave the key left"),
        pytest.param({"a": "a", "b": "a"}, [["b"], ["a"]], ["b", "a"], id="fell apart: the giver keeps it"),
        pytest.param({"a": "a", "b": "b"}, [["a", "b"]], ["b"], id="grew together: the key with a record"),
        pytest.param({"a": "x", "c": "x"}, [["c"], ["a"]], ["c", "x"], id="fell apart without the giver: the smallest"),
    ],
)
def test_crm_key_is_given_once(keys: dict[str, str], clusters: list[list[str]], expected: list[str]) -> None:
    """The crm_key is remembered by source_key, whatever joins or leaves the cluster."""
    rows = [row(CONTACTS, n, cluster[0], cluster, Last_Name=str(n)) for n, cluster in enumerate(clusters)]
    remembered = Memory(keys, {"b": known("2")} if "b" in keys.values() else {})
    assert [one.crm_key for one in found(CONTACTS, rows, [BOB], remembered)] == expected


def _claimed_at_length(rows: Sequence[Row], keys: Mapping[str, str], recorded: Sequence[str]) -> list[str]:
    """Return the crm_keys as they are given when every row is heard, not only those that contest a key."""
    claims = []
    for one in rows:
        known_keys = {keys[key] for key in one.source_keys if key in keys}
        if known_keys:
            claims.append((one, min(known_keys, key=lambda key: (key not in recorded, key))))
    given = {one.position: key for key, one in match._holders(claims).items()}
    return [given.get(one.position, one.cluster_key) for one in rows]


@given(
    st.lists(st.sets(st.sampled_from("abcdef"), min_size=1, max_size=3), max_size=5),
    st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")),
    st.sets(st.sampled_from("abcdefg")),
)
def test_only_rows_that_contest_a_key_are_heard(
    parts: list[set[str]], keys: dict[str, str], recorded: set[str]
) -> None:
    """Rows that nobody contests keep the key that they gave, without being held against all others."""
    left, clusters = set("abcdef"), []
    for part in parts:
        if own := sorted(part & left):
            clusters.append(own)
            left -= set(own)
    rows = [row(CONTACTS, n, cluster[0], cluster, Last_Name=str(n)) for n, cluster in enumerate(clusters)]
    rows = [one._replace(others=() if one.others == (one.cluster_key,) else one.others) for one in rows]
    remembered = Memory(keys, {key: known(f"1{key}") for key in recorded})
    assert match._crm_keys(rows, remembered, index(CONTACTS)) == _claimed_at_length(rows, keys, sorted(recorded))


START = datetime(2026, 5, 20, 1, tzinfo=UTC)
HELD = {"Event_Title": "T", "Start_DateTime": "2026-05-20T10:00:00+09:00", "End_DateTime": "2026-05-20T01:00:00Z"}
PEOPLE = {"1": ("b@x.example", "A@x.example"), "2": ("c@x.example",)}


@pytest.mark.parametrize(
    ("addresses", "owner", "expected"),
    [
        pytest.param(["a@x.example", "b@x.example"], "u9", ["1"], id="the same people, whoever owns it"),
        pytest.param(["a@x.example"], "u1", [], id="other people"),
        pytest.param([], "u1", ["3"], id="nobody: the same owner's event without anybody"),
        pytest.param([], "u9", [], id="nobody: somebody else's event"),
    ],
)
def test_events(addresses: list[str], owner: str, expected: list[str]) -> None:
    """Events are the same by title and times; with participants by their addresses, without by owner."""
    held = records(EVENTS, *({"id": name, "Owner": "u1"} | HELD for name in ("1", "2", "3")))
    people = [{"email": address} for address in addresses]
    ours = row(EVENTS, 0, "k", Event_Title="t", Start_DateTime=START, End_DateTime=START, Participants=people)
    assert match.Index(EVENTS, held, KEY, PEOPLE).candidates(ours, owner) == expected


NAMES = st.sampled_from(["Acme", "acme ", "Beta", "Gamma"])


@given(ours=st.lists(NAMES, max_size=4), theirs=st.lists(NAMES, max_size=4))
def test_no_record_is_two_rows(ours: list[str], theirs: list[str]) -> None:
    """Whatever comes: every row gets an answer, and no record goes to two of them."""
    rows = [row(ACCOUNTS, n, f"k{n}", Account_Name=name) for n, name in enumerate(ours)]
    held = [{"id": str(n), "Account_Name": name} for n, name in enumerate(theirs)]
    results = found(ACCOUNTS, rows, held)
    ids = [one.crm_id for one in results if one.crm_id]
    assert [one.row for one in results] == rows
    assert len(ids) == len(set(ids))


def test_empty_snapshot() -> None:
    """An empty CRM has nothing: every row is new."""
    rows = [row(CONTACTS, 0, "k", Last_Name="x")]
    assert match.find(rows, memory(), match.Index(CONTACTS, Records("Contacts", {}), KEY), {0: "u"})[0].crm_id == ""
