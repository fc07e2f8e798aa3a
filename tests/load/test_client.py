"""The client: token, error shapes, what is repeated and what never is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from pipeline.errors import ContractError, RetryableError, TargetError
from pipeline.load.answers import Problem, items, problem
from pipeline.load.client import ATTEMPTS, UnansweredError, ZohoClient
from tests.load.peer import Peer, Reply, client_of, connection_to, scripted

INSERT = {"data": [{"Last_Name": "x"}], "trigger": []}
EXPIRED = Reply(401, {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"code": "NO_PERMISSION", "details": {}, "message": "m"},
            Problem(code="NO_PERMISSION", message="m"),
            id="API",
        ),
        pytest.param({"error": "invalid_code"}, Problem(code="invalid_code"), id="token end point"),
        pytest.param(
            {"ERROR_CODE": 400, "ERROR_MESSAGE": "Bad Request", "x-error": "e"},
            Problem(code="GATEWAY_400", message="Bad Request"),
            id="gateway",
        ),
        pytest.param(
            {"info": "Forbidden", "x-info": "Link not valid", "http_status": "403"},
            Problem(code="GATEWAY_403", message="Forbidden Link not valid"),
            id="the other gateway",
        ),
        pytest.param(
            {"code": "DUPLICATE_DATA", "details": {"api_name": "K", "duplicate_record": {"id": "7"}}},
            Problem(code="DUPLICATE_DATA", field="K", record_id="7"),
            id="duplicate names the record",
        ),
        pytest.param(
            {
                "code": "MULTIPLE_OR_MULTI_ERRORS",
                "details": {"errors": [{"code": "INVALID_DATA", "details": {"api_name": "Email"}}]},
            },
            Problem(code="INVALID_DATA", field="Email"),
            id="the first of several",
        ),
        pytest.param({"data": [{"code": "INVALID_DATA", "details": {}}]}, Problem(code="INVALID_DATA"), id="one item"),
        pytest.param("<html>", Problem(code="UNREADABLE"), id="no JSON object"),
        pytest.param({"data": []}, Problem(code="UNREADABLE"), id="nothing known"),
    ],
)
def test_problem(body: object, expected: Problem) -> None:
    """All error shapes of Zoho's become one."""
    assert problem(body) == expected


def sharing(peer: Peer, directory: Path) -> ZohoClient:
    """Return a client, as of a process of its own, that shares tokens in a directory."""
    connection = replace(connection_to(peer.base_url, api_url=peer.base_url), tokens=directory)
    return ZohoClient(requests.Session(), connection, 5, pause=lambda _seconds: None)


def test_one_token_for_all_processes(tmp_path: Path) -> None:
    """Several processes use one token, which nobody else can read; other credentials get another one."""
    with scripted() as peer:
        for _ in range(3):
            assert sharing(peer, tmp_path).get("/crm/v8/org").is_ok
        assert peer.token_calls == 1
        (path,) = tmp_path.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        other = replace(
            connection_to(peer.base_url, api_url=peer.base_url), tokens=tmp_path, refresh_token=SecretStr("other")
        )
        ZohoClient(requests.Session(), other, 5).get("/crm/v8/org")
        assert (peer.token_calls, len(list(tmp_path.iterdir()))) == (2, 2)


def test_a_token_lasts_when_the_port_changes(tmp_path: Path) -> None:
    """The sandbox listens elsewhere for every command, and a walk through all of them needs one token."""
    with scripted() as peer, scripted() as later:
        assert sharing(peer, tmp_path).get("/crm/v8/org").is_ok
        assert sharing(later, tmp_path).get("/crm/v8/org").is_ok
        assert (peer.token_calls, later.token_calls) == (1, 0)


def test_a_refused_token_is_renewed_once(tmp_path: Path) -> None:
    """Of two processes whose shared token is refused the first one renews it, the second one takes that."""
    tokens = [Reply(body={"access_token": name, "expires_in": 3600}) for name in ("old", "new", "newer")]
    with scripted(Reply(), Reply(), EXPIRED, Reply(), EXPIRED, Reply(), tokens=tokens) as peer:
        first, second = sharing(peer, tmp_path), sharing(peer, tmp_path)
        assert first.get("/crm/v8/org").is_ok
        assert second.get("/crm/v8/org").is_ok
        assert first.get("/crm/v8/org").is_ok
        assert second.get("/crm/v8/org").is_ok
        assert peer.token_calls == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"value": "x", "api_url": "", "ends_at": 1}'])
def test_a_token_file_that_holds_none(tmp_path: Path, content: str) -> None:
    """A torn, foreign or ended token is not used; a new one takes its place."""
    with scripted() as peer:
        sharing(peer, tmp_path).get("/crm/v8/org")
        (path,) = tmp_path.iterdir()
        path.write_text(content, encoding="utf-8")
        sharing(peer, tmp_path).get("/crm/v8/org")
        assert peer.token_calls == 2
        assert json.loads(path.read_text(encoding="utf-8"))["value"] == "t"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"data": [{"code": "SUCCESS"}]}, [{"code": "SUCCESS"}], id="items"),
        pytest.param({"data": {}}, None, id="no list"),
        pytest.param({"data": ["x"]}, None, id="no objects"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_items(body: object, expected: object) -> None:
    """Per-record items are read whatever the status; anything else has none."""
    assert items(body) == expected


def test_token_is_asked_once() -> None:
    """One token serves all calls, in Zoho's own header."""
    with scripted(Reply(body={"org": []})) as peer, client_of(peer) as client:
        client.get("/crm/v8/org")
        client.get("/crm/v8/users")
    assert peer.token_calls == 1
    assert {one.headers["Authorization"] for one in peer.calls} == {"Zoho-oauthtoken t"}


def test_token_counts_whatever_the_status() -> None:
    """The presence of an access token is success."""
    with scripted(tokens=[Reply(400, {"access_token": "odd"})]) as peer, requests.Session() as session:
        client = ZohoClient(session, connection_to(peer.base_url, api_url=peer.base_url), 2)
        assert client.get("/crm/v8/org").is_ok


@pytest.mark.parametrize(
    ("reply", "error", "hint"),
    [
        pytest.param(Reply(200, {"error": "invalid_code"}), TargetError, "ZOHO_REFRESH_TOKEN", id="revoked"),
        pytest.param(Reply(200, {"error": "invalid_client"}), TargetError, "ZOHO_CLIENT_ID", id="unknown client"),
        pytest.param(Reply(200, {"error": "invalid_client_secret"}), TargetError, "ZOHO_CLIENT_SECRET", id="secret"),
        pytest.param(Reply(400, {"error": "Access Denied"}), RetryableError, "half an hour", id="throttled, 400"),
        pytest.param(Reply(200, {"error": "Access Denied"}), RetryableError, "half an hour", id="throttled, 200"),
        pytest.param(Reply(503, b"busy"), RetryableError, "Check the network", id="down"),
    ],
)
def test_refused_credentials(reply: Reply, error: type[TargetError], hint: str) -> None:
    """Each refusal of the token end point says what to mend; nothing else was asked."""
    with scripted(tokens=[reply]) as peer, client_of(peer) as client, pytest.raises(error) as raised:
        client.get("/crm/v8/org")
    assert hint in raised.value.hint
    assert type(raised.value) is error
    assert peer.calls == []


def test_api_domain_of_a_stranger() -> None:
    """A token reply cannot send the token to a foreign host."""
    token = Reply(body={"access_token": "t", "api_domain": "https://www.zohoapis.evil.example"})
    with scripted(tokens=[token]) as peer, client_of(peer) as client, pytest.raises(TargetError, match="no known host"):
        client.get("/crm/v8/org")


@pytest.mark.parametrize(
    "url", ["https://evil.example/v8/crm/org1/bulk-write/1/1.zip", "http://www.zohoapis.jp/bulk-write/1.zip"]
)
def test_download_of_a_stranger(url: str) -> None:
    """A result's address cannot send the token to a foreign host."""
    with scripted() as peer, client_of(peer) as client, pytest.raises(TargetError, match="no known host"):
        client.download(url)


def test_redirect_is_not_followed() -> None:
    """A redirect could lead the token away: it is an error."""
    with scripted() as elsewhere, scripted(Reply(302, b"", {"Location": f"{elsewhere.base_url}/crm/v8/org"})) as peer:
        with client_of(peer) as client, pytest.raises(TargetError, match="redirect"):
            client.get("/crm/v8/org")
        assert elsewhere.asked == []


def test_expired_token_is_renewed_once() -> None:
    """A 401 gets one new token; the call is then repeated, an insert too, for it was not carried out."""
    with scripted(EXPIRED, Reply(201, {"data": []})) as peer, client_of(peer) as client:
        assert client.post("/crm/v8/Contacts", INSERT).status == 201
    assert (peer.token_calls, len(peer.calls)) == (2, 2)


def test_refused_token_ends() -> None:
    """A second 401 is the answer."""
    with scripted(EXPIRED) as peer, client_of(peer) as client:
        assert client.get("/crm/v8/org").code == "INVALID_TOKEN"
    assert len(peer.calls) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Reply(429, {}), id="too many"),
        pytest.param(Reply(500, {}), id="500"),
        pytest.param(Reply(503, {}), id="503"),
        pytest.param(Reply(drops=True), id="connection lost"),
    ],
)
def test_reading_is_repeated(trouble: Reply) -> None:
    """What changes nothing is repeated, with growing pauses, until it is answered."""
    pauses: list[float] = []
    with scripted(trouble, trouble, Reply(body={"org": [1]})) as peer, client_of(peer, pauses) as client:
        assert client.get("/crm/v8/org").body == {"org": [1]}
    assert len(peer.calls) == 3
    assert len(pauses) == 2


def test_reading_gives_up() -> None:
    """The repeats are bounded."""
    pauses: list[float] = []
    with scripted(Reply(503, {})) as peer, client_of(peer, pauses) as client, pytest.raises(RetryableError):
        client.get("/crm/v8/org")
    assert len(peer.calls) == ATTEMPTS
    assert max(pauses) <= 60


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Reply(500, {}), id="500"),
        pytest.param(Reply(504, {}), id="504"),
        pytest.param(Reply(drops=True), id="connection lost"),
    ],
)
def test_a_change_is_not_repeated(trouble: Reply) -> None:
    """A change that may have been carried out is never sent twice."""
    with scripted(trouble) as peer, client_of(peer) as client, pytest.raises(UnansweredError):
        client.post("/crm/v8/Contacts", INSERT)
    assert len(peer.calls) == 1


def test_a_change_that_was_put_off_is_repeated() -> None:
    """429 says that nothing was done; the pause is at least the one that the CRM asks for."""
    pauses: list[float] = []
    busy = Reply(429, {"code": "TOO_MANY_REQUESTS"}, {"Retry-After": "7"})
    with scripted(busy, Reply(201, {"data": []})) as peer, client_of(peer, pauses) as client:
        assert client.post("/crm/v8/Contacts", INSERT).status == 201
    assert len(peer.calls) == 2
    assert pauses == [7.0]


def test_nobody_there() -> None:
    """A change that could not even be connected is known not to be carried out."""
    with scripted() as peer, client_of(peer) as client:
        client.get("/crm/v8/org")
        gone = connection_to(peer.base_url, api_url="http://127.0.0.1:9")
        with requests.Session() as session, pytest.raises(RetryableError) as raised:
            ZohoClient(session, gone, 2, pause=lambda _seconds: None).post("/crm/v8/Contacts", INSERT)
    assert not isinstance(raised.value, UnansweredError)


def test_nothing_passes_by_the_allow_list() -> None:
    """A body that is not allowed raises before any byte is sent, the token's request included."""
    with scripted() as peer, client_of(peer) as client, pytest.raises(ContractError):
        client.post("/crm/v8/Contacts", {"data": [{"Last_Name": "x"}]})
    assert peer.asked == []
