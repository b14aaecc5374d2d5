"""Plays cases/m1-routes.json."""

from acceptance.cases import AcceptanceTest


class Routes(AcceptanceTest, cases="m1-routes"):
    """The cases of the file, each a test of its own."""
