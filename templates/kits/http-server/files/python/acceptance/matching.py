"""Compares an answer with what a case expects of it."""

import html
import json
import re
from typing import Any

from acceptance.client import Answer

_TYPES: dict[str, Any] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
_ABSENT = object()
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? +(\S+)(?: +[0-9-]+)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Mismatch(Exception):
    """`expected …, got …`"""


def show(value: Any) -> str:
    """A value as messages show it, not too long."""
    text = "none" if value is _ABSENT or value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"


def check_status(expected: Any, answer: Answer) -> None:
    """The status is the expected one, or one of them."""
    wanted = expected if isinstance(expected, list) else [expected]
    if answer.status not in wanted:
        raise Mismatch(f"expected status {' or '.join(map(str, wanted))}, got {answer.status}")


def check_header(name: str, rule: Any, answer: Answer) -> None:
    """The header obeys its rule."""
    value = answer.header(name)
    if rule is None:
        if value is not None:
            raise Mismatch(f"expected no header {name}, got {show(value)}")
        return
    kind, wanted = ("is", rule) if isinstance(rule, str) else next(iter(rule.items()))
    listed = [] if value is None else [item.strip() for item in value.split(",")]
    fits = (
        value is not None
        and {
            "is": lambda: value == wanted,
            "media_type": lambda: value.partition(";")[0].strip().lower() == wanted.lower(),
            "starts": lambda: value.startswith(wanted),
            "contains": lambda: wanted.lower() in value.lower(),
            "tokens": lambda: sorted(listed) == sorted(wanted),
            "includes": lambda: {item.lower() for item in wanted} <= {item.lower() for item in listed},
            "not": lambda: value != wanted,
        }[kind]()
    )
    if not fits:
        words = {
            "is": "to be",
            "media_type": "to have the media type",
            "starts": "to begin with",
            "contains": "to contain",
            "tokens": "to list exactly",
            "includes": "to list",
            "not": "to be other than",
        }
        raise Mismatch(f"expected header {name} {words[kind]} {show(wanted)}, got {show(value)}")


def json_body(answer: Answer) -> Any:
    """The body as JSON."""
    try:
        return json.loads(answer.body.decode("utf-8"))
    except ValueError:
        raise Mismatch(f"expected a body of JSON in UTF-8, got {show(answer.body.decode('utf-8', 'replace'))}") from None


def check_json(expected: Any, value: Any, place: str = "") -> None:
    """The value matches; the place of the first difference is a JSON Pointer."""
    rule = next(iter(expected)) if isinstance(expected, dict) and len(expected) == 1 else ""
    if rule.startswith("$"):
        _check_rule(rule, expected[rule], value, place)
    elif isinstance(expected, dict) and isinstance(value, dict):
        for name, wanted in expected.items():
            check_json(wanted, value.get(name, _ABSENT), f"{place}/{name}")
    elif isinstance(expected, list) and isinstance(value, list):
        if len(expected) != len(value):
            _differs(place, f"to have {len(expected)} elements", value)
        for index, wanted in enumerate(expected):
            check_json(wanted, value[index], f"{place}/{index}")
    elif not _is_equal(expected, value):
        _differs(place, f"to be {show(expected) if expected is not None else 'null'}", value)


def _check_rule(rule: str, wanted: Any, value: Any, place: str) -> None:
    match rule:
        case "$exact":
            if not _is_equal(wanted, value):
                _differs(place, f"to be exactly {show(wanted)}", value)
        case "$type":
            if value is _ABSENT or not _TYPES[wanted](value):
                _differs(place, f"to be of the type {wanted}", value)
        case "$not":
            if value is _ABSENT or _is_match(wanted, value):
                _differs(place, f"to be other than {show(wanted)}", value)
        case "$absent":
            if value is not _ABSENT:
                _differs(place, "to be absent", value)
        case "$length":
            if not isinstance(value, list | str) or len(value) != wanted:
                _differs(place, f"to have the length {wanted}", value)
        case "$contains":
            for one in wanted:
                if not isinstance(value, list) or not any(_is_match(one, element) for element in value):
                    _differs(place, f"to contain {show(one)}", value)
        case _:
            raise ValueError(f"unknown rule {rule}")


def _is_match(expected: Any, value: Any) -> bool:
    try:
        check_json(expected, value)
    except Mismatch:
        return False
    return True


def _is_equal(one: Any, other: Any) -> bool:
    """Python takes 1 and True, and 1 and 1.0, for equal; JSON has numbers and booleans."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return one == other


def _differs(place: str, wanted: str, value: Any) -> None:
    found = "null" if value is None else show(value)
    raise Mismatch(f"expected {place + ' in ' if place else ''}the body {wanted}, got {found}")


def check_body(expected: Any, answer: Answer) -> None:
    """The body is a text, is empty, or contains texts."""
    text = answer.body.decode("utf-8", "replace")
    if isinstance(expected, str):
        if text != expected:
            raise Mismatch(f"expected the body to be {show(expected)}, got {show(text)}")
    elif expected.get("empty"):
        if answer.body:
            raise Mismatch(f"expected no body, got {show(text)}")
    else:
        for part in expected["contains"]:
            if part not in text:
                raise Mismatch(f"expected the body to contain {show(part)}, got {show(text)}")


def check_html_title(expected: str, answer: Answer) -> None:
    """The page has this title."""
    found = re.search(r"<title>(.*?)</title>", answer.body.decode("utf-8", "replace"), re.IGNORECASE | re.DOTALL)
    title = html.unescape(found[1]).strip() if found else None
    if title != expected.strip():
        raise Mismatch(f"expected the title {show(expected)}, got {show(title)}")


def check_metrics(expected: list[dict[str, Any]], answer: Answer) -> None:
    """The body has these samples in Prometheus' text format."""
    samples = []
    for line in answer.body.decode("utf-8", "replace").splitlines():
        if found := _SAMPLE.fullmatch(line.strip()):
            samples.append((found[1], dict(_LABEL.findall(found[2] or "")), float(found[3])))
    for wanted in expected:
        labels = wanted["labels"]
        values = [value for name, has, value in samples if name == wanted["name"] and labels.items() <= has.items()]
        if values != [wanted["value"]] and not (wanted["value"] == 0 and not values):
            text = ",".join(f'{name}="{value}"' for name, value in labels.items())
            seen = " and ".join(f"{value:g}" for value in values) or "no such sample"
            raise Mismatch(f"expected {wanted['name']}{{{text}}} to be {wanted['value']}, got {seen}")
