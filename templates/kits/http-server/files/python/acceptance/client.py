"""A small HTTP client that hides nothing: it sends what it is told and reads what comes."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self


class NoAnswer(Exception):
    """What came instead of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in their order, and body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of a header, joined if it comes more than once; None if it is absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


class Connection:
    """One connection to the server."""

    def __init__(self, port: int, timeout: float = 5) -> None:
        self._timeout = timeout
        self._buffer = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes. A server may answer before it has read them all, so a broken connection is no error here."""
        self.socket.settimeout(self._timeout)
        with suppress(OSError):
            self.socket.sendall(data)

    def answer(self, *, bodiless: bool = False, to_end: bool = False) -> Answer:
        """Read one answer. One that must not have a body is read up to its head, or `to_end`, to see what comes all the same."""
        deadline = time.monotonic() + self._timeout
        status = 100
        while 100 <= status < 200:
            status, headers = self._head(deadline)
        answer = Answer(status, headers)
        if bodiless or status in (204, 304):
            body = self._everything(deadline) if to_end else b""
        elif "chunked" in (answer.header("Transfer-Encoding") or "").lower():
            body = self._chunks(deadline)
        elif (length := answer.header("Content-Length")) is not None:
            body = self._exactly(int(length), deadline)
        else:
            body = self._everything(deadline)
        return Answer(status, headers, body)

    def is_closed(self, within: float) -> bool:
        """Whether the server closes the connection in so many seconds; what it sends before is read over."""
        try:
            self._everything(time.monotonic() + within)
        except NoAnswer:
            return False
        return True

    def _head(self, deadline: float) -> tuple[int, list[tuple[str, str]]]:
        first = self._line(deadline)
        words = first.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
            raise NoAnswer(f"no HTTP: {first!r}")
        headers = []
        while line := self._line(deadline):
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return int(words[1]), headers

    def _line(self, deadline: float) -> str:
        while b"\n" not in self._buffer:
            self._more(deadline)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r").decode("iso-8859-1")

    def _exactly(self, length: int, deadline: float) -> bytes:
        while len(self._buffer) < length:
            try:
                self._more(deadline)
            except NoAnswer:
                raise NoAnswer(f"a body cut off after {len(self._buffer)} of {length} bytes") from None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _chunks(self, deadline: float) -> bytes:
        body = b""
        while size := int(self._line(deadline).partition(";")[0], 16):
            body += self._exactly(size, deadline)
            self._line(deadline)
        while self._line(deadline):
            pass
        return body

    def _everything(self, deadline: float) -> bytes:
        while True:
            try:
                self._more(deadline)
            except NoAnswer as end:
                if str(end) != "a closed connection":
                    raise
                body, self._buffer = self._buffer, b""
                return body

    def _more(self, deadline: float) -> None:
        late = f"no answer within {self._timeout:g} seconds"
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoAnswer(late)
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65_536)
        except TimeoutError:
            raise NoAnswer(late) from None
        except OSError:
            data = b""
        if not data:
            raise NoAnswer("a closed connection")
        self._buffer += data
