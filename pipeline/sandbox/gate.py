"""What every request passes: body cap, token, credits, concurrency, request log, faults.

One ASGI middleware. The routes behind it know nothing of it; what a call costs they leave in
`scope["sandbox.credits"]`, and a fault that a job is to meet stands in `scope["sandbox.fault"]`.
"""

import json
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.sandbox import mishaps, scopes
from pipeline.sandbox.control import PREFIX
from pipeline.sandbox.credits import charge, used
from pipeline.sandbox.crm import Crm
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.faults import BEFORE, JOBS, LATE, Fault
from pipeline.sandbox.oauth import check_token
from pipeline.sandbox.switches import positions

CREDITS = "sandbox.credits"
FAULT = "sandbox.fault"
_MOST_BODY = 32 * 1024 * 1024
_MOST_HEAVY = 10  # 6, H
_HEAVY = re.compile(r"/crm/v8/(coql|[^/]+/search)/*")
_TOKEN_PATH = "/oauth/v2/token"  # noqa: S105 - a path
_SLASHES = re.compile("/{2,}")


class Gate:
    """Lets a request through to the routes, or answers it itself."""

    def __init__(self, app: ASGIApp, crm: Crm) -> None:
        self._app = app
        self._crm = crm
        self._in_flight = 0
        self._heavy_in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = _SLASHES.sub("/", scope["path"])  # the SDK's downloads: 7, H
        passage = _Passage(self._crm, scope, receive, send)
        is_heavy = _HEAVY.fullmatch(scope["path"]) is not None
        self._in_flight += 1
        self._heavy_in_flight += is_heavy
        try:
            await passage.read()
            await self._do_deferred(scope)
            fault = passage.fault()
            if fault and fault.name in BEFORE | LATE:
                await passage.meet(fault)
                return
            refusal = passage.refusal(self._in_flight, self._heavy_in_flight)  # it only reads, which waits for nobody
            if refusal:
                await _answer(passage.send, refusal)
            elif fault and fault.name not in JOBS:
                await passage.answer_badly(self._app, fault)
            else:
                scope[FAULT] = fault
                await self._app(scope, passage.receive, passage.send)
        finally:
            self._in_flight -= 1
            self._heavy_in_flight -= is_heavy
            passage.log()

    async def _do_deferred(self, scope: MutableMapping[str, Any]) -> None:
        """Carry out what a fault has put off until now; nobody hears the answers."""
        if scope["path"].startswith(PREFIX):
            return
        for late in self._crm.faults.due(self._crm.clock.now()):
            late_scope = dict(late.scope)
            late_scope["app"] = scope.get("app")
            await self._app(late_scope, mishaps.given(late.body), mishaps.unheard)


class _Passage:
    """One request on its way through the gate."""

    def __init__(self, crm: Crm, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self._crm = crm
        self._receive = receive
        self._is_given = False
        self._scope = scope
        self._body: bytes | None = b""
        self._send = send
        self._status = 0
        self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self._is_control = scope["path"].startswith(PREFIX)
        self._is_free = self._is_control or scope["path"] == _TOKEN_PATH
        self._is_refused = False

    async def read(self) -> None:
        """Read the body; one that is too large is not kept."""
        self._body = await _read(self._receive)

    def refusal(self, in_flight: int, heavy_in_flight: int) -> Refusal | None:
        """Return why the request is not answered by a route, if so."""
        if self._body is None:
            return Refusal(413, "FILE_TOO_LARGE", "file size is too large to process")
        if self._is_free:
            return None
        try:
            self._check(in_flight, heavy_in_flight)
        except Refusal as refusal:
            self._is_refused = True
            return refusal
        return None

    def fault(self) -> Fault | None:
        """Return the fault that is switched on for this call, if any."""
        return None if self._is_control else self._crm.faults.take(self._scope["method"], self._scope["path"])

    async def meet(self, fault: Fault) -> None:
        """Let a fault happen instead of the call."""
        self._is_refused = True
        if fault.name in LATE:
            due_at = self._crm.clock.now() + fault.seconds
            self._crm.faults.defer(due_at, mishaps.kept(self._scope), self._body or b"")
        if fault.name == "expired_token":
            await run_in_threadpool(self._forget_tokens)
        refusal = mishaps.refusal(fault)
        if refusal:
            await _answer(self.send, refusal)
        elif fault.name == "status":
            await mishaps.gateway_page(self.send, fault.status)
        elif fault.name == "hanging":
            await mishaps.hang(self._receive)
        else:
            self._crm.connections.drop(self._scope["client"])

    async def answer_badly(self, app: ASGIApp, fault: Fault) -> None:
        """Let the call do its work, and spoil the answer."""
        answer = mishaps.Kept()
        outer, self._send = self._send, answer.send
        await app(self._scope, self.receive, self.send)
        if fault.name == "answer_dropped":
            self._crm.connections.drop(self._scope["client"])
        elif fault.name == "answer_hanging":
            await mishaps.hang(self._receive)
        elif fault.name == "answer_status":
            await mishaps.gateway_page(outer, fault.status)
        else:
            await answer.spoiled(fault.name, outer)
            if fault.name == "answer_cut":
                self._crm.connections.drop(self._scope["client"])

    def _forget_tokens(self) -> None:
        """End every token; that they were given still counts."""
        with self._crm.storage.writing() as db:
            db.execute("UPDATE tokens SET expires_at = min(expires_at, ?)", (self._crm.clock.now(),))

    async def receive(self) -> Message:
        """Give the routes the body that was read, then what comes after it: the end of the connection."""
        if self._is_given:
            return await self._receive()
        self._is_given = True
        return {"type": "http.request", "body": self._body or b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Pass the answer on; its beginning gets the credit header and settles the credits."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            # a handover to another thread costs more than what it would do; only for a writer the others would wait
            is_free = self._crm.storage.is_free
            left = self._settle() if is_free else await run_in_threadpool(self._settle)
            if left is not None:
                message["headers"] = [*message["headers"], (b"x-api-credits-remaining", str(left).encode())]
        await self._send(message)

    def log(self) -> None:
        """Note the request."""
        if not self._is_control:
            query = self._scope["query_string"].decode("latin-1")
            request = (self._scope["method"], self._scope["path"], query)
            self._crm.journal.add(self._crm.clock.now(), request, self._headers, self._body or b"", self._status)

    def _check(self, in_flight: int, heavy_in_flight: int) -> None:
        now = self._crm.clock.now()
        with self._crm.storage.reading() as db:
            switches = positions(db)
            check_token(db, self._headers.get("authorization", ""), now, switches)
            scopes.check(scopes.granted(db), self._scope["path"])
            is_spent = used(db, now) >= switches.number("credits_a_day")
        if is_spent or in_flight > switches.number("concurrency") or heavy_in_flight > _MOST_HEAVY:
            raise Refusal(429, "TOO_MANY_REQUESTS", "too many requests fired in concurrent or daily limit")

    def _settle(self) -> int | None:
        """Charge the call; return what is left once half is used (6, H)."""
        if self._is_free or self._is_refused:
            return None
        with self._crm.storage.writing() as db:
            spent = charge(db, self._crm.clock.now(), int(self._scope.get(CREDITS, 1)))
            allowed = positions(db).number("credits_a_day")
        return max(allowed - spent, 0) if spent * 2 >= allowed else None


async def _read(receive: Receive) -> bytes | None:
    """Return the body, or None if it is too large to be read."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= _MOST_BODY:
            parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if size <= _MOST_BODY else None


async def _answer(send: Send, refusal: Refusal) -> None:
    headers: Mapping[str, str] = {"content-type": "application/json;charset=utf-8"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": raw})
    await send({"type": "http.response.body", "body": json.dumps(refusal.body).encode()})
