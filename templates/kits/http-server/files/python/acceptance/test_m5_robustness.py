"""Plays cases/m5-robustness.json, and the cases that data cannot say: FORMAT.md tells what they do."""

import json
import select
import signal
import subprocess
import sys
import time
import unittest
from contextlib import ExitStack, suppress

from acceptance.cases import AcceptanceTest, code_case
from acceptance.client import Answer, Connection, NoAnswer
from acceptance.matching import Mismatch
from acceptance.server import Server

HALF_BODY = b'{"title": "in '
OTHER_HALF = b'flight"}'
no_signals = unittest.skipIf(sys.platform == "win32", "Windows has no SIGTERM that a process could handle")


class Robustness(AcceptanceTest, cases="m5-robustness"):
    """The cases of the file, and those in code."""

    @code_case(
        "100 parallel writers lose no note",
        because="a note was lost: taking an id and storing the note must be one step",
    )
    def test_parallel_writers(self) -> None:
        server = self.own_server(restless=True)
        titles = [f"parallel {number}" for number in range(100)]

        answers = at_once(server, [request("POST", "/notes", {"title": title, "tags": ["parallel"]}) for title in titles])
        for answer in answers:
            expect_status(answer, 201)
        ids = {json.loads(answer.body)["id"] for answer in answers}
        if len(ids) != 100:
            raise Mismatch(f"expected 100 different ids, got {len(ids)}")
        listed = json.loads(ask(server, "GET", "/notes?tag=parallel&limit=100").body)["notes"]
        if sorted(note["title"] for note in listed) != sorted(titles):
            raise Mismatch(f"expected 100 notes, got {len(listed)}")

    @code_case(
        "of 20 writers with the same If-Match one wins",
        because="a change was lost: comparing the tag and storing the note must be one step",
    )
    def test_parallel_conditions(self) -> None:
        server = self.own_server(restless=True)
        for _ in range(10):
            created = ask(server, "POST", "/notes", {"title": "contested"})
            expect_status(created, 201)
            path = f"/notes/{json.loads(created.body)['id']}"
            tag = ask(server, "GET", path).header("ETag")
            if tag is None:
                raise Mismatch("expected header ETag, got none")

            writers = [request("PUT", path, {"title": f"writer {number}"}, {"If-Match": tag}) for number in range(20)]
            statuses = [answer.status for answer in at_once(server, writers)]
            for status in statuses:
                if status not in (200, 412):
                    raise Mismatch(f"expected status 200 or 412, got {status}")
            if statuses.count(200) != 1:
                raise Mismatch(f"expected 1 change, got {statuses.count(200)}")

    @code_case(
        "a slow client is cut off",
        because="a client that never ends its request holds a connection and a thread for nothing",
    )
    def test_slow_client(self) -> None:
        server = self.own_server({"REQUEST_TIMEOUT_SECONDS": "1"})
        with Connection(server.port) as connection:
            connection.send(head_of_post(100))
            end = time.monotonic() + 5
            while time.monotonic() < end:
                if is_readable(connection, 0.2):
                    expect_cut_off(connection)
                    return
                try:
                    connection.socket.sendall(b" ")
                except OSError:
                    return
            raise Mismatch("expected 408 or a closed connection within 5 seconds, got an open connection")

    @code_case("twenty slow clients do not hold up the others", because="one slow client must not stop the rest")
    def test_slow_clients(self) -> None:
        server = self.own_server({"REQUEST_TIMEOUT_SECONDS": "2"})
        end = time.monotonic() + 6
        slow = [Connection(server.port) for _ in range(20)]
        try:
            for connection in slow:
                connection.send(head_of_post(100))
            for _ in range(5):
                try:
                    expect_status(ask(server, "GET", "/health", timeout=1), 200)
                except NoAnswer:
                    raise Mismatch("expected status 200 within 1 second, got no answer") from None
            closed = 0
            for connection in slow:
                if is_readable(connection, max(0.0, end - time.monotonic())):
                    expect_cut_off(connection)
                    closed += 1
            if closed != len(slow):
                raise Mismatch(f"expected 20 closed connections, got {closed}")
        finally:
            for connection in slow:
                connection.socket.close()

    @no_signals
    @code_case(
        "a stop lets the request in flight finish",
        because="a deployment stops the old process while requests are under way",
    )
    def test_stop_in_flight(self) -> None:
        server = self.own_server()
        with Connection(server.port) as connection:
            connection.send(head_of_post(len(HALF_BODY + OTHER_HALF)) + HALF_BODY)
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            expect_no_service(server)
            connection.send(OTHER_HALF)
            try:
                answer = connection.answer()
            except NoAnswer as instead:
                raise Mismatch(f"expected status 201, got {instead}") from None
            expect_status(answer, 201)
            expect_exit(server, 5)

    @no_signals
    @code_case(
        "a stop does not wait for idle connections",
        because="a browser keeps connections open that it does not use",
    )
    def test_stop_idle(self) -> None:
        server = self.own_server()
        with Connection(server.port) as used, Connection(server.port):
            used.send(b"GET /health HTTP/1.1\r\nHost: test\r\nConnection: keep-alive\r\n\r\n")
            expect_status(used.answer(), 200)
            server.process.send_signal(signal.SIGTERM)
            expect_exit(server, 3)

    def own_server(self, environment: dict[str, str] | None = None, *, restless: bool = False) -> Server:
        """A server for this test alone."""
        server = Server(environment, restless=restless)
        self.addCleanup(server.stop)
        return server


def request(method: str, path: str, value: object = None, headers: dict[str, str] | None = None) -> bytes:
    """A request as it goes over a connection of its own."""
    body = b"" if value is None else json.dumps(value).encode("utf-8")
    lines = [f"{method} {path} HTTP/1.1", "Host: test", "Connection: close"]
    if value is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + body


def ask(server: Server, method: str, path: str, value: object = None, timeout: float = 10) -> Answer:
    """Send a request, and read the answer."""
    with Connection(server.port, timeout) as connection:
        connection.send(request(method, path, value))
        return connection.answer()


def at_once(server: Server, requests: list[bytes]) -> list[Answer]:
    """Send requests over as many connections, so that they are complete at the same time: all but the last byte of each
    goes first, and then all the last bytes."""
    with ExitStack() as opened:
        try:
            connections = [opened.enter_context(Connection(server.port, timeout=10)) for _ in requests]
            for connection, data in zip(connections, requests, strict=True):
                connection.send(data[:-1])
            for connection, data in zip(connections, requests, strict=True):
                connection.send(data[-1:])
            return [connection.answer() for connection in connections]
        except (NoAnswer, OSError) as instead:
            raise Mismatch(f"expected {len(requests)} answers, got {instead}") from None


def head_of_post(length: int) -> bytes:
    """The head of a POST /notes whose body has so many bytes."""
    lines = ["POST /notes HTTP/1.1", "Host: test", "Content-Type: application/json", f"Content-Length: {length}", "", ""]
    return "\r\n".join(lines).encode("ascii")


def is_readable(connection: Connection, seconds: float) -> bool:
    """Whether the server sends something, or closes the connection, within the time."""
    return bool(select.select([connection.socket], [], [], seconds)[0])


def expect_cut_off(connection: Connection) -> None:
    """What the server sends is 408, or the end."""
    with suppress(NoAnswer):
        expect_status(connection.answer(), 408)


def expect_status(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise Mismatch(f"expected status {status}, got {answer.status}")


def expect_no_service(server: Server) -> None:
    """A new connection is refused, or closed without an answer."""
    try:
        with Connection(server.port, timeout=1) as connection:
            connection.send(b"GET /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            connection.answer()
    except (NoAnswer, OSError):
        return
    raise Mismatch("expected no new connections after SIGTERM, got an answer")


def expect_exit(server: Server, seconds: float) -> None:
    """The process ends in time, with exit code 0."""
    try:
        code = server.process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Mismatch(f"expected the process to end within {seconds} seconds, got a running process") from None
    if code != 0:
        raise Mismatch(f"expected exit code 0, got {code}")
