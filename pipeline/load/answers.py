"""What Zoho answers: the error shapes, and the per-record items of a reply.

Shapes: reference/zoho-api.md 1.3, 1.5, 2.1 (two more of the gateway), 3.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer: status, headers that matter, and the body as JSON (None when it is none).

    `answered_at`: the CRM's own time, None where it does not tell.
    """

    status: int
    body: Any
    retry_after: float | None = None
    answered_at: datetime | None = None

    @property
    def is_ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status // 100 == 2  # noqa: PLR2004 - the class of success

    @property
    def code(self) -> str:
        """Zoho's error code, "" for none; whichever of the four shapes the body has."""
        return problem(self.body).code if not self.is_ok else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error of Zoho's: its code, its text, and the field at fault where the details name one."""

    code: str
    message: str = ""
    field: str = ""
    record_id: str = ""


def problem(body: Any) -> Problem:  # noqa: ANN401 - any JSON value may come
    """Read an error from a reply body.

    `{"code","details","message","status"}`, `{"error"}` of the token end point, `{"ERROR_CODE","ERROR_MESSAGE"}` and
    `{"info","x-info","http_status"}` of the gateway; anything else is `UNREADABLE`.
    """
    if not isinstance(body, Mapping):
        return Problem(code=UNREADABLE)
    if "code" in body:
        return _of_api(body)
    if "error" in body:
        return Problem(code=str(body["error"]), message=str(body.get("error_description", "")))
    return _of_gateway(body)


def _of_gateway(body: Mapping[str, Any]) -> Problem:
    if "ERROR_CODE" in body:
        return Problem(code=f"GATEWAY_{body['ERROR_CODE']}", message=str(body.get("ERROR_MESSAGE", "")))
    if "x-info" in body or "info" in body:
        text = f"{body.get('info', '')} {body.get('x-info', '')}".strip()
        return Problem(code=f"GATEWAY_{body.get('http_status', '')}", message=text)
    if isinstance(body.get("data"), list) and len(body["data"]) == 1:
        return problem(body["data"][0])
    return Problem(code=UNREADABLE)


def _of_api(body: Mapping[str, Any]) -> Problem:
    details = body.get("details")
    details = details if isinstance(details, Mapping) else {}
    nested = details.get("errors")
    if isinstance(nested, list) and nested:  # MULTIPLE_OR_MULTI_ERRORS: the first one says enough
        return problem(nested[0])
    duplicate = details.get("duplicate_record")
    known = duplicate.get("id") if isinstance(duplicate, Mapping) else details.get("id")
    return Problem(
        code=str(body["code"]),
        message=str(body.get("message", "")),
        field=str(details.get("api_name", "")),
        record_id=str(known or ""),
    )


def items(body: Any) -> list[Mapping[str, Any]] | None:  # noqa: ANN401 - any JSON value may come
    """Return the per-record items of a reply, in the order of the request; None when it has none.

    200, 201, 202, 207 and 400 all may have them (reference/zoho-api.md 3.1).
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(data, list) or not all(isinstance(item, Mapping) for item in data):
        return None
    return data
