"""Credits and concurrency (zoho-api 6)."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.sandbox.client import Client


def test_cost_of_calls(own_crm: Client) -> None:
    """A call costs 1, records 1 per 10, a bulk write job 500; the token and the control end point nothing."""

    def cost_of(*calls: tuple[str, str, object]) -> int:
        before = int(own_crm.control("GET", "credits")["used"])
        for method, path, body in calls:
            own_crm.call(method, path, json=body)
        return int(own_crm.control("GET", "credits")["used"]) - before

    def contacts(count: int) -> object:
        return {"data": [{"Last_Name": "A"}] * count}

    assert cost_of(("GET", "/crm/v8/org", None)) == 1
    assert cost_of(("POST", "/crm/v8/Contacts", contacts(10))) == 1
    assert cost_of(("POST", "/crm/v8/Contacts", contacts(11))) == 2
    assert cost_of(("POST", "/crm/v8/Contacts", contacts(100))) == 10
    before = own_crm.control("GET", "credits")["used"]
    own_crm.create_job("Contacts", "insert", "Last_Name\nA\n")
    assert own_crm.control("GET", "credits")["used"] == before + 501  # the job and its upload
    own_crm.token()
    assert own_crm.control("GET", "credits")["used"] == before + 501


def test_credits_run_out_for_a_day(own_crm: Client) -> None:
    """From half of the allowance on each answer says what is left; then 429 until the day has passed."""
    with own_crm.switched(credits_a_day=4):
        answers = [own_crm.get("/crm/v8/org") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
        assert [answer.headers.get("X-API-CREDITS-REMAINING") for answer in answers[:4]] == [None, "2", "1", "0"]
        assert answers[4].json()["code"] == "TOO_MANY_REQUESTS"
        assert "Retry-After" not in answers[4].headers
        own_crm.control("POST", "clock", {"advance_seconds": 24 * 3600 + 60})
        own_crm.login()
        assert own_crm.get("/crm/v8/org").status_code == 200


def test_too_many_at_once(own_crm: Client) -> None:
    """More requests in flight than the edition allows are 429, and are not charged."""
    with own_crm.switched(concurrency=1), _half_a_request(own_crm):
        before = own_crm.control("GET", "credits")["used"]
        answer = own_crm.get("/crm/v8/org")
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
        assert own_crm.control("GET", "credits")["used"] == before
    assert own_crm.get("/crm/v8/org").status_code == 200


def test_body_too_large_for_anything(own_crm: Client) -> None:
    """A body no end point could want is not kept, and refused."""
    answer = own_crm.call("POST", "/crm/v8/Contacts", data=b"0" * (33 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "FILE_TOO_LARGE")


@contextmanager
def _half_a_request(crm: Client) -> Iterator[None]:
    """Hold a request open whose body does not end; the gate counts it before the next one comes."""
    place = urlsplit(crm.endpoint.base_url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as open_request:
        head = "POST /crm/v8/coql HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"
        open_request.sendall(head.encode())
        assert open_request.recv(100).startswith(b"HTTP/1.1 100")  # the server is waiting for the body
        yield
