"""Starts the server: `python3 -m notes`."""

import os
import sys

from notes.app import App
from notes.server import serve
from notes.settings import Settings


def main() -> int:
    """Run until the server is told to stop; the exit code."""
    try:
        settings = Settings.from_environment(os.environ)
    except ValueError as fault:
        print(fault, file=sys.stderr)
        return 2
    try:
        return serve(settings, App())
    except OSError as fault:
        print(f"cannot listen on {settings.host}:{settings.port}: {fault.strerror}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
