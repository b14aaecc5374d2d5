"""Plays cases/m6-observability.json."""

from acceptance.cases import AcceptanceTest


class Observability(AcceptanceTest, cases="m6-observability"):
    """The cases of the file, each a test of its own."""
