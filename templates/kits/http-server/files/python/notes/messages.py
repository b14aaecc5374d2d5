"""Requests and responses, as the application sees them: plain values without a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from typing import Any, Self

JSON = "application/json"
HTML = "text/html"


class Problem(Exception):
    """An answer that is an error: raise it anywhere, the application sends it as a problem document (RFC 9457)."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    @classmethod
    def unsolved(cls, milestone: int, what: str) -> Self:
        """The answer of a place that a milestone has yet to fill."""
        return cls(501, "not-implemented", f"milestone {milestone}: {what}, see docs/milestones/{milestone}.md")


@dataclass(frozen=True, slots=True)
class Request:
    """One request whose body has arrived, or whose `fault` says why it has not."""

    method: str
    target: str
    """Path and query as they were sent, still encoded."""
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    fault: Problem | None = None

    @property
    def path(self) -> str:
        """The path, still encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the `?`, still encoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The value of a header; one that comes more than once is a list (RFC 9110, 5.3)."""
        values = self.headers.get_all(name)
        return None if values is None else ", ".join(values)

    @property
    def media_type(self) -> str | None:
        """The media type of the body, without parameters and in lower case."""
        value = self.header("Content-Type")
        return None if value is None else value.partition(";")[0].strip().lower()


@dataclass(slots=True)
class Response:
    """One answer. The server adds what belongs to the connection: `Content-Length`, `Date`, `Connection`."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_response(status: int, value: Any, media_type: str = JSON) -> Response:
    """An answer with a value as JSON in UTF-8."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return Response(status, body, {"Content-Type": media_type})


def problem_response(problem: Problem) -> Response:
    """A problem as a problem document."""
    document: dict[str, Any] = {
        "type": f"/problems/{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors is not None:
        document["errors"] = problem.errors
    response = json_response(problem.status, document, "application/problem+json")
    response.headers.update(problem.headers)
    return response
