"""Plays cases/m4-caching.json."""

from acceptance.cases import AcceptanceTest


class Caching(AcceptanceTest, cases="m4-caching"):
    """The cases of the file, each a test of its own."""
