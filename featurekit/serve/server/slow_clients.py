"""A connection that keeps the server waiting is closed.

Uvicorn has a deadline for connections that are idle after an answer. This adds one for
the headers of a request, the first one included; `request_body` has one for its body.
"""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for headers; `seconds` is set by a subclass."""

    seconds = 20.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the deadline of the first request."""
        super().connection_made(transport)
        # Headers and body are two writes. The second would wait for the client's
        # delayed acknowledgement of the first, 40 ms.
        one = transport.get_extra_info("socket")
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._start()

    def data_received(self, data: bytes) -> None:
        """Ends the deadline with the last byte of the headers."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._end()
        elif self._deadline is None:
            self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the deadline."""
        self._end()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._deadline = self.loop.call_later(self.seconds, self.transport.close)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def with_deadline(seconds: float) -> type[DeadlineProtocol]:
    """The protocol with this deadline."""
    return type("WithDeadline", (DeadlineProtocol,), {"seconds": seconds})
