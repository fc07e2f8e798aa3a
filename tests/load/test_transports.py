"""Answers of both transports become one kind of outcome, joined by key."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.load import archive, bulk_write, records
from pipeline.load.answers import Answer
from pipeline.load.bulk_read import Patience
from pipeline.load.bulk_write import Sought
from pipeline.load.outcomes import Outcome, Result
from tests.load.build import KEY
from tests.load.peer import Reply, client_of, scripted

OK = {"code": "SUCCESS", "details": {"id": "11"}, "status": "success"}
BAD = {"code": "INVALID_DATA", "details": {"api_name": "Email"}, "status": "error"}
TWIN = {"code": "DUPLICATE_DATA", "details": {"api_name": KEY, "duplicate_record": {"id": "12"}}, "status": "error"}


def result(rows: list[dict[str, str]]) -> pa.Table:
    """Return rows of a result as the columns they come in; a cell that a row does not name is empty."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in names})


def told(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    """Return result, id and code of each outcome."""
    return [(str(one.result), one.crm_id, one.code) for one in outcomes]


@pytest.mark.parametrize(
    ("status", "body", "action", "expected"),
    [
        pytest.param(201, {"data": [OK]}, "create", [("created", "11", "")], id="added"),
        pytest.param(200, {"data": [OK]}, "update", [("updated", "11", "")], id="updated"),
        pytest.param(
            207, {"data": [OK, BAD]}, "create", [("created", "11", ""), ("failed", "", "INVALID_DATA")], id="mixed"
        ),
        pytest.param(400, {"data": [BAD]}, "create", [("failed", "", "INVALID_DATA")], id="all failed"),
        pytest.param(400, {"data": [TWIN]}, "create", [("created", "12", "")], id="our own record, sent before"),
        pytest.param(400, {"data": [TWIN]}, "update", [("failed", "", "DUPLICATE_DATA")], id="not by an update"),
        pytest.param(
            200, {"data": [BAD, OK]}, "update", [("in doubt", "", "answer_not_clear")] * 2, id="of another record"
        ),
        pytest.param(
            403, {"code": "NO_PERMISSION"}, "create", [("failed", "", "NO_PERMISSION")], id="refused as a whole"
        ),
        pytest.param(200, None, "create", [("in doubt", "", "answer_not_clear")], id="a success without words"),
        pytest.param(201, {"data": []}, "create", [("in doubt", "", "answer_not_clear")], id="too few items"),
        pytest.param(
            201, {"data": [{"code": "SUCCESS"}]}, "create", [("in doubt", "", "answer_not_clear")], id="no id"
        ),
    ],
)
def test_records(status: int, body: Any, action: str, expected: list[tuple[str, str, str]]) -> None:
    """Items are read one by one, whatever the status."""
    keys = [f"k{n}" for n in range(len(expected))]
    outcomes = records.outcomes_of(Answer(status=status, body=body), keys, action, KEY, ["11", "12"][: len(keys)])
    assert [one.crm_key for one in outcomes] == keys
    assert told(outcomes) == expected


def line(key: str, status: str = "added", record_id: str = "1", errors: str = "") -> dict[str, str]:
    """Return a row of a result file."""
    return {KEY.casefold(): key, "status": status, "record_id": record_id, "errors": errors}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([line("k")], ("created", "1", ""), id="added"),
        pytest.param([line("k", "ADDED ")], ("created", "1", ""), id="any case"),
        pytest.param([line("k", "updated")], ("updated", "1", ""), id="our key was there"),
        pytest.param([line("k", "skipped", "", "INVALID_DATA-Email")], ("failed", "", "INVALID_DATA"), id="skipped"),
        pytest.param([line("k", "unprocessed", "")], ("failed", "", "UNPROCESSED"), id="unprocessed"),
        pytest.param([line("k", "added", "")], ("in doubt", "", "not_in_result"), id="added without id"),
        pytest.param([line("other")], ("in doubt", "", "not_in_result"), id="missing"),
        pytest.param([], ("in doubt", "", "not_in_result"), id="an empty result"),
    ],
)
def test_result_row(rows: list[dict[str, str]], expected: tuple[str, str, str]) -> None:
    """Each state of a row has its outcome; a row that is not there is in doubt."""
    assert told(bulk_write.reconcile(result(rows), [Sought("k", "")], KEY)) == [expected]


@given(order=st.permutations(range(6)), kept=st.sets(st.integers(0, 5)))
def test_result_is_joined_by_key(order: list[int], kept: set[int]) -> None:
    """In whatever order and however incomplete a result comes, each record gets its own outcome."""
    rows = [line(f"k{n}", record_id=f"{n + 10}") for n in order if n in kept]
    outcomes = bulk_write.reconcile(result(rows), [Sought(f"k{n}", "") for n in range(6)], KEY)
    assert [one.crm_id for one in outcomes] == [f"{n + 10}" if n in kept else "" for n in range(6)]
    assert sum(one.result is Result.IN_DOUBT for one in outcomes) == 6 - len(kept)


def test_updates_are_joined_by_id() -> None:
    """An update's record may hold no key of ours: its id joins."""
    rows = [
        {"id": "8", "status": "updated", "record_id": "8"},
        {"id": "9", "status": "skipped", "errors": "BLOCKED_RECORD-id"},
    ]
    outcomes = bulk_write.reconcile(result(rows), [Sought("a", "9"), Sought("b", "8")], KEY)
    assert told(outcomes) == [("failed", "9", "BLOCKED_RECORD"), ("updated", "8", "")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("MANDATORY_NOT_FOUND-Company", ("MANDATORY_NOT_FOUND", "Company"), id="one"),
        pytest.param(
            "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email",
            ("MANDATORY_NOT_FOUND", "Company,Last_Name"),
            id="two",
        ),
        pytest.param("CANNOT_PROCESS", ("CANNOT_PROCESS", ""), id="without a column"),
        pytest.param("", ("", ""), id="nothing"),
    ],
)
def test_error_of(cell: str, expected: tuple[str, str]) -> None:
    """The first error of an ERRORS cell is its code and its columns."""
    assert bulk_write.error_of(cell) == expected


def job(status: str, **more: object) -> Reply:
    """Return the state of a job."""
    return Reply(body={"status": status, **more})


RESULT = {"result": {"download_url": "/v8/crm/org1/bulk-write/2/2.zip"}}
FILE = Reply(body=archive.encode_zip("r.csv", f"{KEY},STATUS,RECORD_ID,ERRORS\nk,ADDED,5,\n".encode()))
FAILED = {"resource": [{"status": "FAILED", "code": "MANDATORY_FIELDS_NOT_MAPPED", "message": "m"}]}


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        pytest.param(
            [job("ADDED"), job("IN PROGRESS"), job("COMPLETED", **RESULT), FILE], ("created", "5", ""), id="done"
        ),
        pytest.param([job("FAILED", **FAILED)], ("failed", "", "MANDATORY_FIELDS_NOT_MAPPED"), id="failed"),
        pytest.param([job("SKIPPED")], ("failed", "", "SKIPPED"), id="skipped as a whole"),
        pytest.param([job("INPROGRESS")], ("in doubt", "", "job_still_running"), id="never ends"),
        pytest.param([Reply(404, {"code": "RESOURCE_NOT_FOUND"})], ("in doubt", "", "job_unknown"), id="unknown, 404"),
        pytest.param([Reply(400, {"code": "RESOURCE_NOT_FOUND"})], ("in doubt", "", "job_unknown"), id="unknown, 400"),
        pytest.param([job("COMPLETED")], ("in doubt", "", "not_in_result"), id="done without a result"),
        pytest.param(
            [job("COMPLETED", **RESULT), Reply(body=b"PK..")], ("in doubt", "", "result_unreadable"), id="torn zip"
        ),
        pytest.param(
            [job("COMPLETED", **RESULT), Reply(404, {})], ("in doubt", "", "result_unreadable"), id="result gone"
        ),
    ],
)
def test_wait(replies: list[Reply], expected: tuple[str, str, str]) -> None:
    """A job is asked until it ends or patience does; nothing counts as done that its result does not say."""
    patience = Patience((1.0,), 3.0, pause=lambda _seconds: None)
    with scripted(*replies) as peer, client_of(peer) as client:
        assert told(bulk_write.wait(client, "2", [Sought("k", "")], KEY, patience)) == [expected]


def test_patience_has_an_end() -> None:
    """The pauses grow to the last one and stop at the limit."""
    pauses: list[float] = []
    assert len(list(Patience((1.0, 2.0), 6.0, pauses.append).waits())) == 5
    assert pauses == [1.0, 2.0, 2.0, 2.0]
