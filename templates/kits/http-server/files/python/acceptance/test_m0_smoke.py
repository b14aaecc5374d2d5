"""Plays cases/m0-smoke.json."""

from acceptance.cases import AcceptanceTest


class Smoke(AcceptanceTest, cases="m0-smoke"):
    """The cases of the file, each a test of its own."""
