"""Plays cases/m2-json.json."""

from acceptance.cases import AcceptanceTest


class Json(AcceptanceTest, cases="m2-json"):
    """The cases of the file, each a test of its own."""
