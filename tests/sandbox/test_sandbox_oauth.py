"""The token end point and what a token is good for (zoho-api 1.2 to 1.5)."""

from collections.abc import Mapping

import pytest
import requests

from tests.sandbox.client import Client


def test_token_names_the_sandbox_as_its_own_api(crm: Client) -> None:
    """A token reply carries api_domain, one hour of life, and no new refresh token."""
    body = crm.token().json()
    assert body["api_domain"] == crm.endpoint.base_url
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert "refresh_token" not in body


def test_token_by_query_string(crm: Client) -> None:
    """The parameters are also taken from the query string."""
    own = crm.endpoint
    given = {"refresh_token": own.refresh_token, "client_id": own.client_id, "client_secret": own.client_secret}
    url = own.base_url + "/oauth/v2/token"
    answer = requests.post(url, params=given | {"grant_type": "refresh_token"}, timeout=30)
    assert "access_token" in answer.json()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"refresh_token": "1000.x.y"}, "invalid_code", id="refresh token"),
        pytest.param({"client_id": "1000.X"}, "invalid_client", id="client id"),
        pytest.param({"client_secret": "ん"}, "invalid_client_secret", id="client secret"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="grant type"),
    ],
)
def test_token_refused_with_status_200(crm: Client, changes: Mapping[str, str], error: str) -> None:
    """Wrong credentials are an error in a reply of status 200."""
    answer = crm.token(**changes)
    assert (answer.status_code, answer.json()) == (200, {"error": error})


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        pytest.param(None, "AUTHENTICATION_FAILURE", id="no header"),
        pytest.param("Basic abc", "AUTHENTICATION_FAILURE", id="another scheme"),
        pytest.param("Zoho-oauthtoken", "AUTHENTICATION_FAILURE", id="no token"),
        pytest.param("Zoho-oauthtoken 1000.a.b", "INVALID_TOKEN", id="unknown token"),
    ],
)
def test_api_without_a_good_token(crm: Client, authorization: str | None, code: str) -> None:
    """Each API call wants a live token, else 401 with Zoho's shape."""
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.get(crm.endpoint.base_url + "/crm/v8/org", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert set(answer.json()) == {"code", "details", "message", "status"}


@pytest.mark.parametrize(("position", "status"), [("accepted", 200), ("refused", 401)])
def test_bearer_is_a_switch(crm: Client, position: str, status: int) -> None:
    """Bearer is taken or not, as the switch says."""
    token = str(crm.session.headers["Authorization"]).partition(" ")[2]
    with crm.switched(bearer=position):
        assert crm.get("/crm/v8/org", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_token_dies_after_an_hour(own_crm: Client) -> None:
    """An access token lives one hour of the sandbox's clock."""
    own_crm.control("POST", "clock", {"advance_seconds": 3540})
    assert own_crm.get("/crm/v8/org").status_code == 200
    own_crm.control("POST", "clock", {"advance_seconds": 61})
    assert own_crm.get("/crm/v8/org").json()["code"] == "INVALID_TOKEN"
    own_crm.login()
    assert own_crm.get("/crm/v8/org").status_code == 200


@pytest.mark.parametrize("status", [400, 200])
def test_eleventh_token_in_ten_minutes(own_crm: Client, status: int) -> None:
    """Ten tokens in ten minutes, then Access Denied until the minutes have passed."""
    with own_crm.switched(token_throttle_status=str(status)):
        assert all("access_token" in own_crm.token().json() for _ in range(9))
        refused = own_crm.token()
        assert (refused.status_code, refused.json()["error"]) == (status, "Access Denied")
        own_crm.control("POST", "clock", {"advance_seconds": 601})
        assert "access_token" in own_crm.token().json()


def test_sixteenth_live_token_kills_the_oldest(own_crm: Client) -> None:
    """At most fifteen tokens live at a time."""
    for _ in range(15):
        assert own_crm.get("/crm/v8/org").status_code == 200
        own_crm.control("POST", "clock", {"advance_seconds": 61})
        own_crm.token()
    assert own_crm.get("/crm/v8/org").json()["code"] == "INVALID_TOKEN"


def test_of_one_second_the_first_token_is_the_oldest(own_crm: Client) -> None:
    """However fast tokens are asked for, the one that was just given is good."""
    own_crm.control("PUT", "switches", {"tokens_in_10_minutes": 1000})
    for _ in range(60):
        token = own_crm.token().json()["access_token"]
        assert own_crm.get("/crm/v8/org", headers={"Authorization": f"Zoho-oauthtoken {token}"}).status_code == 200
