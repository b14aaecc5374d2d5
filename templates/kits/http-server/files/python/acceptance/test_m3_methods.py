"""Plays cases/m3-methods.json."""

from acceptance.cases import AcceptanceTest


class Methods(AcceptanceTest, cases="m3-methods"):
    """The cases of the file, each a test of its own."""
