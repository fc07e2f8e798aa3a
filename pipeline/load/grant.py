"""Turns the grant code of a Zoho self-client into a refresh token, once, at the first set-up.

Facts: reference/zoho-api.md 1.2 to 1.4: success is the presence of `refresh_token`, whatever the status; a code lives
three minutes (ten where the console lets one choose) and can be used once.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

from pipeline.config import Config
from pipeline.errors import RetryableError, SettingsError, TargetError
from pipeline.load.answers import problem
from pipeline.load.connection import DATA_CENTERS, accounts_url_of, may_have_token

SCOPES = (
    "ZohoCRM.bulk.ALL,ZohoCRM.modules.ALL,ZohoFiles.files.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,"
    "ZohoCRM.settings.fields.READ,ZohoCRM.settings.modules.READ,ZohoCRM.settings.layouts.READ,"
    "ZohoCRM.settings.workflow_rules.READ"
)
_HINTS = {
    "invalid_code": "The grant code is used, too old (it lives for minutes) or of another data centre: make a new one.",
    "invalid_client": "The client id is unknown in this data centre: check it, and [zoho] data_center.",
    "invalid_client_secret": "The client secret does not belong to the client id.",
}


def console(data_center: str) -> str:
    """Return the address of the API console in which a self-client is made."""
    return DATA_CENTERS[data_center].accounts.replace("accounts.", "https://api-console.")


@dataclass(frozen=True, slots=True)
class Client:
    """A self-client as the API console shows it."""

    id: str
    secret: str


def exchange(config: Config, client: Client, code: str) -> str:
    """Return the refresh token that a grant code is good for.

    Args:
        config: which data centre it is of.
        client: the self-client.
        code: its grant code.

    Raises:
        SettingsError: the address may not be given credentials.
        TargetError: the code or the client is refused.
        RetryableError: the token end point is out of reach.
    """
    accounts_url = accounts_url_of(config)
    if not may_have_token(accounts_url):
        raise SettingsError(
            f"{accounts_url} is no https address of a Zoho data centre, so it is not given your credentials.",
            "Leave [zoho] accounts_url empty for the usual address of the data centre.",
        )
    form = {
        "grant_type": "authorization_code",
        "client_id": client.id,
        "client_secret": client.secret,
        "code": code,
    }
    with requests.Session() as session:
        body = _asked(session, accounts_url, form, config.zoho.timeout_seconds)
    token = body.get("refresh_token") if isinstance(body, dict) else None
    if not token:
        kind = problem(body).code
        raise TargetError(f"Zoho does not take the grant code ({kind}).", _HINTS.get(kind, "Make a new grant code."))
    return str(token)


def _asked(session: requests.Session, accounts_url: str, form: dict[str, str], timeout: float) -> Any:  # noqa: ANN401 - any JSON value may come
    unreachable = RetryableError(
        f"The token end point of Zoho ({accounts_url}) could not be reached.",
        "Check the network and [zoho] data_center; then make a new grant code and try again.",
    )
    try:
        response = session.post(
            f"{accounts_url}/oauth/v2/token",
            data=form,
            auth=lambda request: request,  # else requests looks for a .netrc
            timeout=timeout,
            allow_redirects=False,
        )
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise unreachable
        return response.json()
    except requests.RequestException:
        raise unreachable from None
