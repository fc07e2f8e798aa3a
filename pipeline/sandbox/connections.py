"""The open connections, so that a fault can end one without a word."""

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

Peer = tuple[str, int]


class Connections:
    """Open connections by the address of the client."""

    def __init__(self) -> None:
        self._open: dict[Peer, asyncio.Transport] = {}

    def drop(self, client: Peer) -> None:
        """End a connection at once; what was not sent yet never is."""
        transport = self._open.get((client[0], client[1]))
        if transport is not None:
            transport.abort()

    def protocol(self) -> type[H11Protocol]:
        """Return the HTTP protocol whose connections are noted here."""
        opened = self._open

        class Noted(H11Protocol):
            def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn's own type is narrower
                super().connection_made(transport)
                opened[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                opened.pop(self.transport.get_extra_info("peername")[:2], None)

        return Noted
