"""Runs the acceptance tests: `python3 -m acceptance` up to the milestone reached, `--milestones N` up to N."""

import argparse
import re
import sys
import unittest
from pathlib import Path

from acceptance.report import Results
from acceptance.server import PROJECT

_MODULE = re.compile(r"test_m([0-9]+)_[a-z0-9_]+")


def reached() -> int:
    """The milestone that milestone.cfg names."""
    text = (PROJECT / "milestone.cfg").read_text(encoding="utf-8")
    line = re.search(r"^milestone\s*=\s*([0-9]+)\s*$", text, re.MULTILINE)
    if line is None:
        raise SystemExit("milestone.cfg needs a line `milestone = <number>`")
    return int(line[1])


def tests_up_to(milestone: int) -> unittest.TestSuite:
    """The tests of all files whose names have no later milestone."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_m*.py"))
    chosen = [name for name in names if (found := _MODULE.fullmatch(name)) and int(found[1]) <= milestone]
    return unittest.defaultTestLoader.loadTestsFromNames(f"acceptance.{name}" for name in chosen)


def main() -> int:
    """0 if every test passed."""
    parser = argparse.ArgumentParser(prog="python3 -m acceptance", description="Tests the server from outside, by HTTP.")
    parser.add_argument("--milestones", type=int, metavar="N", help="up to this one (default: the one in milestone.cfg)")
    arguments = parser.parse_args()
    milestone = reached() if arguments.milestones is None else arguments.milestones
    results = Results()
    tests_up_to(milestone).run(results)
    results.write(PROJECT / "reports")
    skipped = f", {results.skipped_tests} skipped" if results.skipped_tests else ""
    print(f"{results.passed} passed, {results.failed} failed{skipped}")
    return 0 if results.failed == 0 and results.passed > 0 else 1


if __name__ == "__main__":
    # Names of cases are in any language, and the console of Windows is not always UTF-8.
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
