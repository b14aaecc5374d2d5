"""Starts the server with restless threads: each lets the others go on whenever it calls a function of `notes`.

Threads seldom change places between two lines that belong together, so a missing lock can go unnoticed for months. Here
they change places all the time.
"""

import inspect
import runpy
import threading
import time
from types import FrameType
from typing import Any

PAUSE_SECONDS = 0.0002


def pause(frame: FrameType, event: str, argument: Any) -> None:
    """Sleep at the beginning of a function; generators, which begin again for each element, would make it too slow."""
    is_ours = frame.f_globals.get("__name__", "").startswith("notes")
    if event == "call" and is_ours and not frame.f_code.co_flags & inspect.CO_GENERATOR:
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    threading.setprofile(pause)
    runpy.run_module("notes", run_name="__main__", alter_sys=True)
