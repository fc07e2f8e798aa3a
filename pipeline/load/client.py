"""The one way to the CRM: token, allow-list, retries. Its session is shown to nobody else.

One call at a time, which is below the cap of every edition (5 in the smallest, reference/zoho-api.md 6), and is right:
the ledger has one writer, so that what went out last is always the only open question; children need the ids of their
parents; whole modules are read by jobs, which the CRM works on side by side; and what is left of a cap belongs to the
people and programs that use the same org. What takes time, bulk jobs, is not sped up by more calls.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from pipeline.errors import ContractError, RetryableError, TargetError
from pipeline.load import credits as prices
from pipeline.load import guard, replies
from pipeline.load.answers import Answer, problem
from pipeline.load.connection import Connection, may_have_token
from pipeline.load.credits import Meter
from pipeline.load.tokens import TokenSource

ATTEMPTS = 6
_MOST_WAIT = 60.0
_MOST_BYTES = 1 << 30
_BLOCK = 1 << 20


class UnansweredError(RetryableError):
    """A request that changes the CRM went out, and whether it was carried out is not known."""


class _ZohoToken(AuthBase):
    """Sets Zoho's header; being an `auth`, it also keeps requests from using a .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Zoho-oauthtoken {self._token}"
        return request


class ZohoClient:
    """Sends what the allow-list lets through, to hosts that may have the token; repeats only what is safe.

    Args:
        session: whose connections are used; nobody else may use it.
        connection: the CRM.
        timeout: seconds for one request.
        pause: waits; a seam for tests.
        meter: counts the credits of the calls.
    """

    def __init__(
        self,
        session: requests.Session,
        connection: Connection,
        timeout: float,
        pause: Callable[[float], None] = time.sleep,
        meter: Meter | None = None,
    ) -> None:
        self._session = session
        self._connection = connection
        self._timeout = timeout
        self._pause = pause
        self.meter = meter or Meter()
        self.may_delete: frozenset[str] = frozenset()  # ids of records; only a rollback fills it
        self._tokens = TokenSource(session, connection, timeout, pause)
        if connection.is_loopback:
            session.trust_env = False  # a proxy of the environment knows nothing of this machine

    def scope(self) -> str:
        """Return the scopes of the token as Zoho writes them, "" where it did not say; errors as `get`."""
        return self._tokens.scope()

    def get(self, path: str, params: Mapping[str, str | int] | None = None, since: datetime | None = None) -> Answer:
        """Read, or read only what was changed `since`; repeated until answered, within bounds.

        Raises:
            RetryableError: the CRM did not answer in time, or was busy all the time.
            TargetError: no token, or an answer that cannot be.
        """
        headers = {"If-Modified-Since": since.isoformat(timespec="seconds")} if since else {}
        return replies.answer_of(self._sent("GET", path, None, params=params, headers=headers))

    def download(self, path_or_url: str) -> bytes:
        """Read a file. A relative address is below the API host, an absolute one is taken as it is.

        Raises:
            TargetError: its host may not have the token, or there is no such file.
        """
        place = path_or_url if "://" in path_or_url else f"/{path_or_url.lstrip('/')}"
        reply = self._sent("GET", place, None, is_json=False)
        if reply.status != HTTPStatus.OK:
            failed(replies.answer_of(reply), "download of a result")
        return reply.content

    def post(self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None) -> Answer:
        """Send JSON.

        Raises:
            UnansweredError: it changes the CRM, and whether it did is not known.
            TargetError: it was certainly not carried out.
        """
        return replies.answer_of(self._sent("POST", path, body, params=params))

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send changes as JSON; errors as `post`."""
        return replies.answer_of(self._sent("PUT", path, body))

    def delete(self, module: str, ids: Sequence[str]) -> Answer:
        """Delete records that `may_delete` holds, without any workflow; to repeat it does no harm.

        Raises:
            ContractError: one of them may not be deleted.
            RetryableError: the CRM did not answer in time, or was busy all the time.
        """
        if not self.may_delete.issuperset(ids):
            raise ContractError(
                f"Refused to delete records of {module} that no run of ours created.",
                "Nothing of it was sent. This is a defect of outlook2zoho; please report it.",
            )
        parameters = {"ids": ",".join(ids), "wf_trigger": "false"}
        return replies.answer_of(self._sent("DELETE", f"/crm/v8/{module}", None, params=parameters))

    def upload(self, name: str, content: bytes, zgid: str) -> Answer:
        """Upload the zip of a bulk job; changes no record.

        Raises:
            TargetError: it was not taken.
        """
        headers = {"feature": "bulk-write", "X-CRM-ORG": zgid}
        files = {"file": (name, content, "application/zip")}
        place = f"{self._connection.upload_url}/crm/v8/upload"
        return replies.answer_of(self._sent("POST", place, None, headers=headers, files=files))

    def upload_file(self, name: str, content: bytes, mime_type: str) -> Answer:
        """Upload a file that an e-mail is to have; nothing refers to it yet, and doing it twice changes no record.

        Raises:
            TargetError: it was not taken.
        """
        files = {"file": (name, content, mime_type)}
        return replies.answer_of(self._sent("POST", "/crm/v8/files", None, files=files))

    def _sent(
        self,
        method: str,
        place: str,
        body: Mapping[str, Any] | None,
        *,
        is_json: bool = True,
        **extra: Any,  # noqa: ANN401 - passed on to requests
    ) -> replies.Reply:
        """Send to `place`, a whole URL or a path below the API's address; nothing leaves before it is checked."""
        rule = guard.check(method, urlsplit(place).path, extra.get("params") if method == "DELETE" else body)
        url = place if "://" in place else self._tokens.api_url() + place
        if not may_have_token(url):
            raise TargetError(
                f"An address at {urlsplit(url).hostname} was named that is no known host of a Zoho data centre.",
                "Your token was not sent there. If the host is right, it is missing from our list: please report it.",
            )
        if body is not None:
            extra["data"] = json.dumps(body, ensure_ascii=False).encode()
            extra["headers"] = {"Content-Type": "application/json"}
        cost = prices.of_call(rule, body, self.meter.bulk_read)
        before = self.meter.left
        reply = self._until_answered(method, url, extra, is_safe=rule.is_safe, is_json=is_json, cost=cost)
        if prices.is_bulk_read(rule):
            self.meter.note_bulk_read(before)
        return reply

    def _until_answered(  # noqa: PLR0913 - one request
        self, method: str, url: str, extra: dict[str, Any], *, is_safe: bool, is_json: bool, cost: int
    ) -> replies.Reply:
        has_refreshed = False
        for attempt in range(ATTEMPTS):
            wait = _backoff(attempt)
            try:
                reply = self._once(method, url, extra)
            except requests.RequestException as error:
                self.meter.count(0 if _never_sent(error) else cost)
                if not (is_safe or _never_sent(error)):
                    raise _unanswered(method, url, type(error).__name__) from None
            else:
                self._count(reply, cost)
                if reply.status == HTTPStatus.UNAUTHORIZED and not has_refreshed:
                    has_refreshed = True
                    self._tokens.renew()
                    continue
                if not is_safe and replies.is_open(reply):
                    raise _unanswered(method, url, f"status {reply.status}")
                if not replies.is_busy(reply) and not (is_safe and is_json and replies.is_garbled(reply)):
                    return _not_redirected(reply, url)
                wait = max(wait, replies.asked_for(reply, attempt))
            if attempt + 1 < ATTEMPTS:
                self._pause(min(wait, _MOST_WAIT))
        raise RetryableError(
            f"{urlsplit(url).hostname} was busy or out of reach {ATTEMPTS} times in a row.",
            "Check the network, or wait some minutes; then run the same command again. What was sent is in the ledger.",
        )

    def _count(self, reply: replies.Reply, cost: int) -> None:
        """Note what an answered call costs; a refused one costs nothing (reference/zoho-api.md 6)."""
        is_refused = reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
        self.meter.count(0 if is_refused else cost)
        self.meter.note_left(reply.headers.get("X-API-CREDITS-REMAINING"))

    def _once(self, method: str, url: str, extra: dict[str, Any]) -> replies.Reply:
        with self._session.request(
            method,
            url,
            auth=_ZohoToken(self._tokens.token()),
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
            **extra,
        ) as response:
            return replies.Reply(response.status_code, _capped(response), response.headers)


class _TooLargeError(requests.RequestException):
    """An answer larger than any that Zoho gives."""


def failed(answer: Answer, what: str) -> NoReturn:
    """Raise for an answer that should have been a success.

    Raises:
        TargetError: always; with Zoho's code and what to do.
    """
    code = problem(answer.body).code
    hints = {
        "OAUTH_SCOPE_MISMATCH": "The refresh token lacks a scope: make a new one with the scopes that README.md lists.",
        "NO_PERMISSION": "The CRM user of the token may not do this: use an administrator's token.",
        "INVALID_TOKEN": "The token was refused: check that it was made for this data centre and is not revoked.",
        "AUTHENTICATION_FAILURE": "The token was refused: check that it was made for this data centre.",
    }
    raise TargetError(
        f"The CRM refused: {what} (status {answer.status}, {code}).",
        hints.get(code, "See Zoho's documentation of that code; nothing more was sent."),
    )


def _capped(response: requests.Response) -> bytes:
    blocks, size = [], 0
    for block in response.iter_content(_BLOCK):
        size += len(block)
        if size > _MOST_BYTES:
            raise _TooLargeError
        blocks.append(block)
    return b"".join(blocks)


def _not_redirected(reply: replies.Reply, url: str) -> replies.Reply:
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST and reply.status != HTTPStatus.NOT_MODIFIED:
        raise TargetError(
            f"{urlsplit(url).hostname} answered with a redirect, which is not followed: it could lead the token away.",
            "Check [zoho] data_center and the addresses in pipeline.toml.",
        )
    return reply


def _backoff(attempt: int) -> float:
    return float(0.5 * 2**attempt) * (0.5 + secrets.randbelow(1000) / 1000)


def _never_sent(error: requests.RequestException) -> bool:
    """Return whether the connection could not even be made, so that no byte of the request left."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _unanswered(method: str, url: str, why: str) -> UnansweredError:
    if method not in {"POST", "PUT"}:
        raise ContractError(f"{method} is not a method that changes the CRM.", "Please report this.")
    return UnansweredError(
        f"No clear answer to a change sent to {urlsplit(url).hostname} ({why}).",
        "Run the same command again: it looks in the CRM first.",
    )
