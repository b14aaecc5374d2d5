"""Plays cases/m5-connections.json."""

from acceptance.cases import AcceptanceTest


class Connections(AcceptanceTest, cases="m5-connections"):
    """The cases of the file, each a test of its own."""
