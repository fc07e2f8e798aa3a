"""The access token: kept until it is about to end or the CRM refuses it, and shared with other processes in a file.

Facts: reference/zoho-api.md 1.2 to 1.4: success is the presence of `access_token`, whatever the status; at most ten
tokens per ten minutes.
"""

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests

from pipeline.errors import RetryableError, SettingsError, TargetError
from pipeline.load import token_file
from pipeline.load.answers import problem
from pipeline.load.connection import DATA_CENTERS, Connection, may_have_token
from pipeline.load.token_file import Token

_ATTEMPTS = 4
_MARGIN = 120.0
_LEAST_LIFE = 60.0
_LOGINS = {  # accounts host → API host, for a reply without api_domain
    center.accounts: center.api for center in DATA_CENTERS.values()
}


class TokenSource:
    """Gets and keeps the access token of one connection."""

    def __init__(
        self, session: requests.Session, connection: Connection, timeout: float, pause: Callable[[float], None]
    ) -> None:
        self._session = session
        self._connection = connection
        self._timeout = timeout
        self._pause = pause
        self._held: Token | None = None
        self._refused = ""

    def token(self) -> str:
        """Return the access token, a new one where the old one ends soon.

        Raises:
            TargetError: the credentials are refused.
            RetryableError: the token end point is throttled or out of reach.
        """
        return self._current().value

    def api_url(self) -> str:
        """Return the address of the API, without a path; errors as `token`."""
        return self._connection.api_url or self._current().api_url

    def scope(self) -> str:
        """Return what the token may do, as Zoho writes it, "" where it did not say; errors as `token`."""
        return self._current().scope

    def renew(self) -> None:
        """Forget the token: the CRM refused it."""
        self._refused = self._held.value if self._held else ""
        self._held = None

    def _current(self) -> Token:
        if self._held is None or not self._held.is_good:
            self._held = self._shared()
        return self._held

    def _shared(self) -> Token:
        one = self._connection
        if one.tokens is None:
            return self._fetched()
        host = urlsplit(one.accounts_url).hostname or ""  # without the port: the sandbox has another one every time
        secrets_of = (host, one.client_id, one.refresh_token.get_secret_value())
        return token_file.shared(token_file.place(one.tokens, *secrets_of), self._refused, self._fetched)

    def _fetched(self) -> Token:
        started = time.time()
        body = self._answered()
        if not isinstance(body, dict) or not body.get("access_token"):
            _refused(problem(body).code)
        life = max(float(body.get("expires_in", 3600)) - _MARGIN, _LEAST_LIFE)
        return Token(str(body["access_token"]), self._api_of(body), started + life, str(body.get("scope") or ""))

    def _answered(self) -> Any:  # noqa: ANN401 - any JSON value may come
        form = {
            "refresh_token": self._connection.refresh_token.get_secret_value(),
            "client_id": self._connection.client_id,
            "client_secret": self._connection.client_secret.get_secret_value(),
            "grant_type": "refresh_token",
        }
        for attempt in range(_ATTEMPTS):
            body = self._asked(form)
            if isinstance(body, dict):
                return body
            if attempt + 1 < _ATTEMPTS:
                self._pause(2.0**attempt * (0.5 + secrets.randbelow(1000) / 1000))
        raise RetryableError(
            f"The token end point of Zoho ({self._connection.accounts_url}) could not be reached.",
            "Check the network and [zoho] data_center; then run the same command again.",
        )

    def _asked(self, form: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON value may come
        """Return the body, or None where nothing that means anything came back."""
        try:
            response = self._session.post(
                f"{self._connection.accounts_url}/oauth/v2/token",
                data=form,
                auth=lambda request: request,  # else requests looks for a .netrc
                timeout=self._timeout,
                allow_redirects=False,
            )
            return None if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else response.json()
        except requests.RequestException:
            return None

    def _api_of(self, reply: dict[str, Any]) -> str:
        if self._connection.api_url:
            return self._connection.api_url
        host = _LOGINS.get(self._connection.accounts_url.removeprefix("https://"), "")
        named = str(reply.get("api_domain") or (f"https://{host}" if host else "")).rstrip("/")
        if not named:
            raise SettingsError("Zoho's token reply names no API address.", "Set [zoho] api_url in pipeline.toml.")
        if not may_have_token(named):
            raise TargetError(
                "Zoho's token reply names an API address that is no known host of a Zoho data centre.",
                "Your token was not sent there. Check [zoho] accounts_url; if it is right, please report this.",
            )
        return named


def _refused(code: str) -> NoReturn:
    """Say what an error of the token end point means (reference/zoho-api.md 1.3); only its text is localised."""
    if code == "Access Denied":
        raise RetryableError(
            "Zoho refuses new tokens for a while: too many were asked for (at most ten in ten minutes).",
            "Wait half an hour without asking again; then run the same command.",
        )
    elsewhere = "or of another data centre than [zoho] data_center."
    hints = {
        "invalid_code": f"ZOHO_REFRESH_TOKEN is revoked, mistyped {elsewhere}",
        "invalid_client": f"ZOHO_CLIENT_ID is unknown {elsewhere}",
        "invalid_client_secret": "ZOHO_CLIENT_SECRET does not belong to ZOHO_CLIENT_ID.",
    }
    raise TargetError(
        f"Zoho refused the credentials ({code or 'no reason given'}).",
        hints.get(code, "Check ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN and [zoho] data_center."),
    )
