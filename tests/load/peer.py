"""A peer on loopback that answers by script, for what a real CRM answers too rarely to wait for."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from pydantic import SecretStr

from pipeline.load.client import ZohoClient
from pipeline.load.connection import Connection

TOKEN_PATH = "/oauth/v2/token"


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer; `drops` closes the connection without any."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


class Peer(ThreadingHTTPServer):
    """Answers the token end point from `tokens` and all else from `replies`, in order; the last one repeats."""

    daemon_threads = True

    def __init__(self, replies: Sequence[Reply], tokens: Sequence[Reply] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base_url = f"http://127.0.0.1:{self.server_address[1]}"
        self._replies = list(replies)
        self._tokens = list(tokens or [Reply(body={"access_token": "t", "api_domain": self.base_url})])
        self.asked: list[Asked] = []

    def answer(self, path: str) -> Reply:
        """Return the next scripted answer."""
        script = self._tokens if path == TOKEN_PATH else self._replies
        return script.pop(0) if len(script) > 1 else script[0]

    @property
    def calls(self) -> list[Asked]:
        """The requests besides those for tokens."""
        return [one for one in self.asked if one.path != TOKEN_PATH]

    @property
    def token_calls(self) -> int:
        """How many tokens were asked for."""
        return sum(one.path == TOKEN_PATH for one in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Peer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.server.asked.append(Asked(self.command, path, body, dict(self.headers)))
        reply = self.server.answer(path)
        if reply.drops:
            self.close_connection = True
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def scripted(*replies: Reply, tokens: Sequence[Reply] | None = None) -> Iterator[Peer]:
    """Run a peer with these answers."""
    peer = Peer(replies or [Reply()], tokens)
    thread = threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        peer.shutdown()
        peer.server_close()
        thread.join()


def connection_to(url: str, *, api_url: str = "") -> Connection:
    """Return a connection to a CRM on this machine."""
    return Connection(
        target="sandbox",
        accounts_url=url,
        api_url=api_url,
        upload_url="",
        client_id="client",
        client_secret=SecretStr("secret"),
        refresh_token=SecretStr("refresh"),
    )


@contextmanager
def client_of(peer: Peer, pauses: list[float] | None = None) -> Iterator[ZohoClient]:
    """Yield a client of the peer; its pauses are noted, not waited for."""
    noted: list[float] = [] if pauses is None else pauses
    with requests.Session() as session:
        yield ZohoClient(session, connection_to(peer.base_url), timeout=2, pause=noted.append)
