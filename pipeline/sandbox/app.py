"""The sandbox as an ASGI application: routes per area, behind one gate."""

import json
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route as StarletteRoute

from pipeline.sandbox import (
    bulk_read,
    bulk_write,
    control,
    coql,
    emails,
    files,
    metadata,
    new_fields,
    oauth,
    records,
    search,
)
from pipeline.sandbox.call import Call, Handler, Reply, Upload
from pipeline.sandbox.crm import Crm
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.gate import CREDITS, FAULT, Gate

_AREAS = (control, oauth, metadata, new_fields, files, bulk_write, bulk_read, coql, search, emails, records)
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_JSON = "application/json;charset=utf-8"


def application(crm: Crm) -> Starlette:
    """Return the application that serves `crm`."""
    routes = [
        StarletteRoute(route.path, _endpoint(crm, route.handler), methods=list(route.methods))
        for area in _AREAS
        for route in area.ROUTES
    ]
    unknown = {404: _unknown_path, 405: _wrong_method, Exception: _defect}
    return Starlette(routes=routes, middleware=[Middleware(Gate, crm=crm)], exception_handlers=unknown)


def _endpoint(crm: Crm, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        call = Call(
            crm=crm,
            path=request.path_params,
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=await request.body(),
            form=await _form(request),
            fault=request.scope.get(FAULT),
        )
        # on the spot: a handover to another thread costs more than most answers; only where one would wait for a writer
        is_free = crm.storage.is_free
        reply = _reply(handler, call) if is_free else await run_in_threadpool(_reply, handler, call)
        request.scope[CREDITS] = reply.credits
        return _response(reply)

    return endpoint


def _reply(handler: Handler, call: Call) -> Reply:
    try:
        return handler(call)
    except Refusal as refusal:
        return Reply(refusal.body, status=refusal.status)


async def _form(request: Request) -> Mapping[str, str | Upload]:
    """Read a form; any other body, and one that is none in spite of its Content-Type, has no fields."""
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return {}
    async with request.form() as form:
        return {
            name: Upload(value.filename or "", await value.read()) if isinstance(value, UploadFile) else value
            for name, value in form.items()
        }


def _response(reply: Reply) -> Response:
    if reply.file is not None:
        return FileResponse(reply.file, status_code=reply.status, headers=dict(reply.headers))
    if reply.body is None:
        return Response(status_code=reply.status, headers=dict(reply.headers))
    content = json.dumps(reply.body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, reply.status, dict(reply.headers), media_type=_JSON)


async def _unknown_path(_request: Request, _error: Exception) -> Response:
    return _response(
        _of(Refusal(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"))
    )


async def _wrong_method(_request: Request, _error: Exception) -> Response:
    message = "The http request method type is not a valid one"
    return _response(_of(Refusal(400, "INVALID_REQUEST_METHOD", message)))


async def _defect(_request: Request, _error: Exception) -> Response:
    return _response(_of(Refusal(500, "INTERNAL_ERROR", "Internal Server Error")))


def _of(refusal: Refusal) -> Reply:
    return Reply(refusal.body, status=refusal.status)
