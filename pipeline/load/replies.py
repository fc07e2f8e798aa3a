"""What an answer of the CRM means for its request: done, not done, not known, or later."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from pipeline.load.answers import Answer

_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and headers of an answer, as they came."""

    status: int
    content: bytes
    headers: Mapping[str, str]


def answer_of(reply: Reply) -> Answer:
    """Return what an answer says."""
    return Answer(
        status=reply.status,
        body=_json_of(reply),
        retry_after=_retry_after(reply.headers),
        answered_at=_answered_at(reply.headers),
    )


def _answered_at(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError):
        return None


def is_busy(reply: Reply) -> bool:
    """Return whether the same request may be answered later; whatever a gateway calls it (such as 520 to 527)."""
    return reply.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT} or reply.status // 100 == 5  # noqa: PLR2004 - the class of a server's faults


def is_open(reply: Reply) -> bool:
    """Return whether an answer leaves open if a change was carried out: only 429 and 401 say that it was not."""
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST
    return is_redirect or (is_busy(reply) and reply.status != HTTPStatus.TOO_MANY_REQUESTS)


def is_garbled(reply: Reply) -> bool:
    """Return whether a success came with a body that is no JSON: something between us and the CRM spoiled it."""
    is_success = reply.status // 100 == 2  # noqa: PLR2004 - the class of success
    is_null = reply.content.strip() == b"null"
    return is_success and reply.status not in _WITHOUT_BODY and not is_null and _json_of(reply) is None


def _json_of(reply: Reply) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(reply.content)
    except ValueError:
        return None


def asked_for(reply: Reply, attempt: int) -> float:
    """Return the seconds that a busy CRM asks for; for 429 without a word, what a limit by the minute needs."""
    asked = _retry_after(reply.headers)
    if asked is None and reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return float(5 * 2**attempt)
    return asked or 0.0


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
