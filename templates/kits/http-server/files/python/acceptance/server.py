"""The server under test, as a child process."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 10
_ADDRESS = "listening on http://127.0.0.1:"
_NOTES = [sys.executable, "-m", "notes"]
_RESTLESS_NOTES = [sys.executable, "-m", "acceptance.restless"]


class NotStarted(Exception):
    """The server did not say in time where it listens."""


class Server:
    """A running server. Its settings are the defaults, whatever the shell has set."""

    def __init__(self, environment: Mapping[str, str] | None = None, *, restless: bool = False) -> None:
        settings = ("MAX_BODY_BYTES", "REQUEST_TIMEOUT_SECONDS", "STOP_TIMEOUT_SECONDS")
        inherited = {name: value for name, value in os.environ.items() if name not in settings}
        self.process = subprocess.Popen(
            _RESTLESS_NOTES if restless else _NOTES,
            cwd=PROJECT,
            env=inherited | {"HOST": "127.0.0.1", "PORT": "0"} | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self.stderr: list[str] = []
        first_line: queue.Queue[str] = queue.Queue()
        # Both are read all the time: a server whose pipe is full would stand still.
        self._readers = [
            threading.Thread(target=self._read_stdout, args=(first_line,), daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            line = first_line.get(timeout=START_SECONDS)
        except queue.Empty:
            line = ""
        port = line.removeprefix(_ADDRESS)
        if port == line or not port.isdigit():
            self.stop()
            found = repr(line) if line else "nothing"
            wrote = "; on stderr: " + " | ".join(self.stderr[-5:]) if self.stderr else ""
            raise NotStarted(f"expected `{_ADDRESS}<port>` on stdout, got {found}{wrote}")
        self.port = int(port)

    def _read_stdout(self, first_line: queue.Queue[str]) -> None:
        with self.process.stdout as lines:
            first_line.put(next(lines, "").removesuffix("\n"))
            for _ in lines:
                pass

    def _read_stderr(self) -> None:
        with self.process.stderr as lines:
            for line in lines:
                self.stderr.append(line.removesuffix("\n"))

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(timeout=1)

    def json_lines(self) -> list[Any]:
        """The lines on stderr that are JSON objects."""
        found = []
        for line in list(self.stderr):
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                found.append(value)
        return found

    def wait_for_line(self, fits: Any, seconds: float) -> bool:
        """Whether a JSON line for which `fits` is true comes within the time."""
        deadline = time.monotonic() + seconds
        while not any(fits(line) for line in self.json_lines()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
