"""How a fault looks on the wire: refusals, silence, and answers that are spoiled (see faults.py)."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.types import Message, Receive, Send

from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.faults import Fault

_PAGE = b"<html><body>Service temporarily unavailable</body></html>"
_KEPT = ("type", "asgi", "http_version", "server", "client", "scheme", "method", "path", "raw_path", "query_string",
         "root_path", "headers", "extensions")  # fmt: skip


def refusal(fault: Fault) -> Refusal | None:
    """Return the answer of a fault that answers as the API does."""
    if fault.name == "throttled":
        return Refusal(429, "TOO_MANY_REQUESTS", "too many requests fired in concurrent or daily limit")
    if fault.name == "expired_token":
        return Refusal(401, "INVALID_TOKEN", "invalid oauth token")
    return None


async def gateway_page(send: Send, status: int) -> None:
    """Answer with a page that is no JSON, as a gateway does."""
    headers = [(b"content-type", b"text/html"), (b"content-length", str(len(_PAGE)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": _PAGE})


async def hang(receive: Receive) -> None:
    """Wait without a word until the client goes."""
    while (await receive())["type"] != "http.disconnect":
        pass


def kept(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a request is needed to carry it out later."""
    return {name: scope[name] for name in _KEPT if name in scope}


def given(body: bytes) -> Receive:
    """Return a channel that gives a body."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def unheard(_message: Message) -> None:
    """Take an answer that nobody hears."""


class Kept:
    """An answer that is held back."""

    def __init__(self) -> None:
        self._start: dict[str, Any] = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self._start = dict(message)
        else:
            self._body += message.get("body", b"")

    async def spoiled(self, how: str, send: Send) -> None:
        """Send it, spoiled; a cut one promises more than it brings, and the connection is ended after it."""
        body = _SPOILERS[how](self._body)
        length = len(self._body) if how == "answer_cut" else len(body)
        headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", str(length).encode()))
        await send({**self._start, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": how == "answer_cut"})


def _in_csv(content: bytes, change: Any) -> bytes:  # noqa: ANN401 - a function of rows
    """Change the rows of the CSV in a zip; anything else stays as it is."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        header, *rows = csv.reader(io.StringIO(archive.read(name).decode(), newline=""))
    text, packed = io.StringIO(newline=""), io.BytesIO()
    csv.writer(text, lineterminator="\n").writerows([header, *change(rows)])
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.getvalue())
    return packed.getvalue()


def _missing(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    return rows[1::2]


def _reversed(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    return rows[::-1]


_SPOILERS: Mapping[str, Callable[[bytes], bytes]] = {
    "answer_cut": lambda body: body[: len(body) // 2],
    "answer_garbled": lambda _body: _PAGE,
    "answer_empty": lambda _body: b"",
    "zip_cut": lambda body: body[: len(body) // 2],
    "rows_reversed": lambda body: _in_csv(body, _reversed),
    "rows_missing": lambda body: _in_csv(body, _missing),
}
