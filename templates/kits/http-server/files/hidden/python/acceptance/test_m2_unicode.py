"""Plays cases/m2-unicode.json."""

from acceptance.cases import AcceptanceTest


class Unicode(AcceptanceTest, cases="m2-unicode"):
    """The cases of the file, each a test of its own."""
