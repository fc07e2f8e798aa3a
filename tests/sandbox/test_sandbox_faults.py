"""Faults, met by a bare client: each is switched on for the calls it names, and for no other."""

import pytest
import requests

from tests.sandbox.client import Client


def switch_on(crm: Client, name: str, **more: object) -> None:
    """Switch one fault on."""
    crm.control("POST", "faults", {"faults": [{"name": name, **more}]})


@pytest.mark.parametrize(
    ("name", "status"), [("throttled", 429), ("status", 503), ("expired_token", 401), ("answer_status", 503)]
)
def test_refusals(own_crm: Client, name: str, status: int) -> None:
    """The second call of the path meets it; the first, the third and other paths do not."""
    switch_on(own_crm, name, path="/crm/v8/org", skip=1)
    assert own_crm.get("/crm/v8/users").status_code == 200
    assert [own_crm.get("/crm/v8/org").status_code for _ in range(2)] == [200, status]
    own_crm.login()
    assert own_crm.get("/crm/v8/org").status_code == 200
    assert own_crm.control("GET", "faults")["met"] == 1


@pytest.mark.parametrize(("name", "is_done"), [("dropped", False), ("answer_dropped", True), ("answer_cut", True)])
def test_connection_ends(own_crm: Client, name: str, *, is_done: bool) -> None:
    """The connection ends before or after the work."""
    switch_on(own_crm, name, method="POST", path="/crm/v8/Tasks")
    with pytest.raises(requests.RequestException):
        own_crm.insert("Tasks", {"Subject": "Call"})
    assert (own_crm.get("/crm/v8/Tasks?fields=Subject").status_code == 200) == is_done


def test_late_request(own_crm: Client) -> None:
    """A request whose connection ended is carried out when the clock has come so far."""
    switch_on(own_crm, "late", method="POST", path="/crm/v8/Tasks", seconds=600)
    with pytest.raises(requests.RequestException):
        own_crm.insert("Tasks", {"Subject": "Call"})
    assert own_crm.get("/crm/v8/Tasks?fields=Subject").status_code == 204
    own_crm.control("POST", "clock", {"advance_seconds": 600})
    assert own_crm.get("/crm/v8/Tasks?fields=Subject").json()["data"][0]["Subject"] == "Call"


def test_late_job(own_crm: Client) -> None:
    """A job that is accepted, is unknown until its time, and then commits."""
    switch_on(own_crm, "job_late", path="/crm/bulk/v8/write", seconds=600)
    job = own_crm.create_job("Tasks", "insert", "Subject\nCall\n").json()["details"]["id"]
    assert own_crm.get(f"/crm/bulk/v8/write/{job}").status_code == 404
    own_crm.control("POST", "clock", {"advance_seconds": 600})
    assert own_crm.finished(job).outcomes() == [("added", "")]


@pytest.mark.parametrize(
    ("name", "status", "outcomes"),
    [
        ("job_failed", "FAILED", []),
        ("job_halved", "FAILED", []),
        ("rows_unprocessed", "COMPLETED", [("added", ""), ("unprocessed", "")]),
    ],
)
def test_jobs_that_go_wrong(own_crm: Client, name: str, status: str, outcomes: list[tuple[str, str]]) -> None:
    """A job that fails as a whole, after half of its rows, or leaves rows out."""
    switch_on(own_crm, name, path="/crm/bulk/v8/write")
    job = own_crm.write("Tasks", "insert", "Subject\nCall\nMail\n")
    assert (job.poll["status"], job.outcomes()) == (status, outcomes)
    found = own_crm.get("/crm/v8/Tasks?fields=Subject")
    assert (found.json()["info"]["count"] if found.status_code == 200 else 0) == (0 if name == "job_failed" else 1)


def test_unknown_fault(own_crm: Client) -> None:
    """A fault nobody knows is refused by name."""
    headers = {"X-Sandbox-Secret": own_crm.endpoint.client_secret}
    answer = own_crm.call("POST", "/__sandbox__/faults", json={"faults": [{"name": "bad"}]}, headers=headers)
    assert (answer.status_code, "no such fault" in answer.json()["message"]) == (400, True)
