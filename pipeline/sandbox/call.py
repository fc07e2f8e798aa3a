"""What a route gets and gives: plain values, so that routes know nothing of the server."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.sandbox.crm import Crm
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.faults import Fault


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Header names are lower case; `form` holds the fields of a form body, if it was one.

    `fault`: what a job that it makes is to meet.
    """

    crm: Crm
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    form: Mapping[str, str | Upload] = field(default_factory=dict)
    fault: Fault | None = None

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, whatever its Content-Type (zoho-api 7, H).

        Raises:
            Refusal: it is none.
        """
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Refusal(400, "INVALID_DATA", "body", {"expected_data_type": "jsonobject"})
        return body

    def number(self, name: str, default: int, greatest: int) -> int:
        """Return a query parameter that is a number from 1 to `greatest`.

        Raises:
            Refusal: it is none.
        """
        raw = self.query.get(name, str(default))
        if raw.isascii() and raw.isdigit() and len(raw) < 10 and 1 <= int(raw) <= greatest:  # noqa: PLR2004 - an int32
            return int(raw)
        details = {"param_name": name, "expected_data_type": "integer", "maximum": greatest}
        raise Refusal(400, "INVALID_DATA", f"the value of {name} is invalid", details)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: JSON, a file, or nothing. `credits`: what the call costs (zoho-api 6)."""

    body: Any = None
    status: int = 200
    credits: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A path in Starlette's notation, its methods, and what answers. `is_heavy`: of the sub-limit of 10 (6, H)."""

    path: str
    methods: Sequence[str]
    handler: Handler
    is_heavy: bool = False
