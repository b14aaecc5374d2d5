"""Makes a test of each case of a file, and plays it."""

import base64
import json
import re
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from acceptance import matching
from acceptance.client import Answer, Connection, NoAnswer
from acceptance.matching import Mismatch
from acceptance.server import NotStarted, Server

CASES = Path(__file__).resolve().parent / "cases"
_VARIABLE = re.compile(r"\$\{([a-z_]+)\}")


class AcceptanceTest(unittest.TestCase):
    """The tests of one file of cases: `class Routes(AcceptanceTest, cases="m1-routes")`."""

    suite: ClassVar[str]
    milestone: ClassVar[int]
    title: ClassVar[str]
    environment: ClassVar[dict[str, str]]
    shared: ClassVar[Server | None] = None
    broken: ClassVar[NotStarted | None] = None

    def __init_subclass__(cls, cases: str) -> None:
        super().__init_subclass__()
        file = json.loads((CASES / f"{cases}.json").read_text(encoding="utf-8"))
        cls.suite = cases.replace("-", "/", 1)
        cls.milestone, cls.title, cls.environment = file["milestone"], file["title"], file.get("environment", {})
        for number, data in enumerate(file["cases"], 1):
            setattr(cls, f"test_{number:03}", _test_of(data))

    @property
    def case_name(self) -> str:
        """The name of the case, in a learner's words."""
        return getattr(type(self), self._testMethodName).case_name

    def __str__(self) -> str:
        return f"{self.suite}/{self.case_name}"

    @classmethod
    def tearDownClass(cls) -> None:
        if cls.shared is not None:
            cls.shared.stop()
            cls.shared = None

    @classmethod
    def server(cls) -> Server:
        """The server that the cases of this file share; started again if it has ended, but not if it never started."""
        if cls.broken:
            raise cls.broken
        if cls.shared is None or not cls.shared.is_running:
            try:
                cls.shared = Server(cls.environment)
            except NotStarted as fault:
                cls.broken = fault
                raise
        return cls.shared

    def failed(self, what: str, because: str | None = None) -> AssertionError:
        """A failure with where to read on."""
        where = f"milestone {self.milestone}: {self.title}, see docs/milestones/{self.milestone}.md"
        if self.milestone == 0:
            where = "the server must start and answer GET /health, see README.md"
        return self.failureException(f"{what} — {where}" + (f" — {because}" if because else ""))


def code_case(name: str, because: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Names a test that data cannot say. It raises Mismatch, and is told as the data cases are."""

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        def test(self: AcceptanceTest) -> None:
            try:
                check(self)
            except (Mismatch, NotStarted) as fault:
                raise self.failed(str(fault), because) from None

        test.case_name = name
        return test

    return decorate


def _test_of(data: dict[str, Any]) -> Callable[[AcceptanceTest], None]:
    def test(self: AcceptanceTest) -> None:
        try:
            server = Server(self.environment) if data.get("fresh") else self.server()
        except NotStarted as fault:
            raise self.failed(str(fault), data.get("because")) from None
        try:
            _play(self, data, server)
        finally:
            if data.get("fresh"):
                server.stop()

    test.case_name = data["name"]
    return test


def _play(test: AcceptanceTest, data: dict[str, Any], server: Server) -> None:
    variables: dict[str, Any] = {"host": f"127.0.0.1:{server.port}"}
    steps = data["steps"]
    for number, step in enumerate(steps, 1):
        step = fill(step, variables)
        place = f"step {number} of {len(steps)}, " if len(steps) > 1 else ""
        request = step.get("request")
        place += f"{request['method']} {request['path']}" if request else step["raw"][0].removesuffix(" HTTP/1.1")
        answer = None
        try:
            expected = step["expect"]
            listed = isinstance(expected, list)
            with Connection(server.port) as connection:
                connection.send(_bytes_of(request, variables["host"]) if request else "\r\n".join(step["raw"]).encode("utf-8"))
                lines = [request["method"]] if request else _request_lines(step["raw"])
                for line, one in zip(lines, expected if listed else [expected], strict=True):
                    bodiless = line.startswith("HEAD")
                    to_end = not listed and not request and (bodiless or one["status"] in (204, 304))
                    answer = connection.answer(bodiless=bodiless, to_end=to_end)
                    check(one, answer, server)
                    if one.get("closed") and not connection.is_closed(within=3):
                        raise Mismatch("expected a closed connection within 3 seconds, got an open connection")
            for name, source in step.get("save", {}).items():
                variables[name] = _saved(source, answer)
        except NoAnswer as instead:
            statuses = expected[0]["status"] if listed else expected["status"]
            wanted = " or ".join(map(str, statuses)) if isinstance(statuses, list) else statuses
            raise test.failed(f"{place}: expected status {wanted}, got {instead}", data.get("because")) from None
        except Mismatch as fault:
            raise test.failed(f"{place}: {fault}{_says(answer)}", data.get("because")) from None


def check(expected: dict[str, Any], answer: Answer, server: Server) -> None:
    """The answer is what a step expects; Mismatch if not."""
    matching.check_status(expected["status"], answer)
    for name, rule in expected.get("headers", {}).items():
        matching.check_header(name, rule, answer)
    if "json" in expected:
        matching.check_json(expected["json"], matching.json_body(answer))
    if "body" in expected:
        matching.check_body(expected["body"], answer)
    if "html_title" in expected:
        matching.check_html_title(expected["html_title"], answer)
    if "metrics" in expected:
        matching.check_metrics(expected["metrics"], answer)
    if "log" in expected:
        wanted = expected["log"]
        if not server.wait_for_line(lambda line: _fits(wanted, line), seconds=2):
            raise Mismatch(f"expected a line of JSON on stderr with {matching.show(wanted)}, got none that fits")
    for text in expected.get("log_lacks", []):
        if any(text in line for line in server.stderr):
            raise Mismatch(f"expected no {matching.show(text)} on stderr, got it")


def _fits(wanted: Any, line: Any) -> bool:
    try:
        matching.check_json(wanted, line)
    except Mismatch:
        return False
    return True


def fill(value: Any, variables: dict[str, Any], *, typed: bool = False) -> Any:
    """Replace `${name}` in all texts; in JSON, a text that is nothing else takes the variable's type."""
    if isinstance(value, dict):
        return {_text(name, variables): fill(one, variables, typed=typed or name == "json") for name, one in value.items()}
    if isinstance(value, list):
        return [fill(one, variables, typed=typed) for one in value]
    if isinstance(value, str):
        whole = _VARIABLE.fullmatch(value)
        return variables[whole[1]] if typed and whole else _text(value, variables)
    return value


def _text(text: str, variables: dict[str, Any]) -> str:
    return _VARIABLE.sub(lambda name: str(variables[name[1]]), text)


def _request_lines(raw: list[str]) -> list[str]:
    return [line for line in raw if line.endswith(" HTTP/1.1")]


def _bytes_of(request: dict[str, Any], host: str) -> bytes:
    headers = dict(request.get("headers", {}))
    body = None
    if "json" in request:
        body = json.dumps(request["json"], ensure_ascii=False).encode("utf-8")
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
    elif "body" in request:
        body = request["body"].encode("utf-8")
    elif "body_base64" in request:
        body = base64.b64decode(request["body_base64"])
    if body is not None:
        headers["Content-Length"] = str(len(body))
    lines = [f"{request['method']} {request['path']} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + (body or b"")


def _saved(source: dict[str, str], answer: Answer) -> Any:
    if "header" in source:
        value = answer.header(source["header"])
        if value is None:
            raise Mismatch(f"expected header {source['header']}, got none")
        return value
    value = matching.json_body(answer)
    for name in source["json"].split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Mismatch(f"expected {source['json']} in the body, got none") from None
    return value


def _says(answer: Answer | None) -> str:
    """What a problem document says, which often is the shortest way to the reason."""
    if answer is None or "problem+json" not in (answer.header("Content-Type") or ""):
        return ""
    try:
        detail = json.loads(answer.body).get("detail")
    except (ValueError, AttributeError):
        return ""
    return f'; the answer says: "{detail}"' if isinstance(detail, str) else ""
