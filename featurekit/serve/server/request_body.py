"""Reading the body of a request: never more of it than the limits allow."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request

from featurekit.errors import RequestError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost.

    Args:
        max_body_bytes: Of the body, compressed or not; 16 MiB.
        max_rows: Of one request.
        read_seconds: From the first byte of a request to its last.
        idle_seconds: Of a connection without a request.
        max_connections: Open at a time.
    """

    max_body_bytes: int = 16 * 2**20
    max_rows: int = 8192
    read_seconds: float = 20.0
    idle_seconds: float = 60.0
    max_connections: int = 2000

    def check_rows(self, rows: int) -> None:
        """Refuses a request of too many rows."""
        if rows > self.max_rows:
            raise RequestError(
                "the request has too many rows",
                code="TOO_MANY_ROWS",
                got=rows,
                expected=f"at most {self.max_rows}",
                hint="send several requests",
            )


async def read_json(request: Request, limits: Limits) -> Any:
    """The JSON value of the body.

    Raises:
        RequestError: It is too large or too slow (BODY_TOO_LARGE, READ_DEADLINE), no
            gzip where its header says so (BAD_ENCODING), or no JSON (BAD_JSON).
    """
    body = await read_body(request, limits)
    # A large body would keep the event loop from all others.
    if len(body) > 256 * 1024:
        return await asyncio.to_thread(parse_json, body)
    return parse_json(body)


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body, without its compression."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise RequestError(
            "the encoding of the body is not known",
            code="BAD_ENCODING",
            expected="gzip, or none",
        )
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limits.max_body_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.read_seconds):
            return await _read(request.stream(), limits, encoding == "gzip")
    except TimeoutError:
        raise RequestError(
            "the body did not arrive in time",
            code="READ_DEADLINE",
            expected=f"all of it within {limits.read_seconds:g} s",
        ) from None
    except ClientDisconnect:
        raise RequestError("the client hung up", code="CLIENT_GONE") from None


async def _read(chunks: AsyncIterator[bytes], limits: Limits, gzip: bool) -> bytes:
    unpack = zlib.decompressobj(31) if gzip else None
    parts: list[bytes] = []
    total = 0
    async for chunk in chunks:
        part = chunk if unpack is None else _unpacked(unpack, chunk, limits, total)
        total += len(part)
        if total > limits.max_body_bytes:
            raise _too_large(limits)
        parts.append(part)
    if unpack is not None and (not unpack.eof or unpack.unused_data):
        raise _no_gzip()
    return b"".join(parts)


def _unpacked(unpack: Any, chunk: bytes, limits: Limits, total: int) -> bytes:
    """What a chunk unpacks to; a bomb is stopped one byte behind the limit."""
    try:
        found: bytes = unpack.decompress(chunk, limits.max_body_bytes - total + 1)
    except zlib.error:
        raise _no_gzip() from None
    return found


def _no_gzip() -> RequestError:
    return RequestError(
        "the body is not what its encoding says",
        code="BAD_ENCODING",
        expected="one complete gzip member",
    )


def _too_large(limits: Limits) -> RequestError:
    return RequestError(
        "the body is too large",
        code="BODY_TOO_LARGE",
        expected=f"at most {limits.max_body_bytes} bytes, also when unpacked",
        hint="send fewer rows per request",
    )


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; NaN and infinities as Python writes them.

    Raises:
        RequestError: It is no JSON; names the byte, and shows nothing of the text.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise _bad_json("the body is not UTF-8", error.start) from None
    except json.JSONDecodeError as error:
        offset = len(error.doc[: error.pos].encode())
        raise _bad_json("the body is not JSON", offset) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, RequestError):
            raise
        # Nested too deeply, or an integer of thousands of digits.
        raise _bad_json("the body is JSON of an unreasonable kind", None) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError(
            "an object names a key twice", code="DUPLICATE_COLUMN", expected="one value"
        )
    return found


def _bad_json(message: str, offset: int | None) -> RequestError:
    return RequestError(message, code="BAD_JSON", offset=offset)
