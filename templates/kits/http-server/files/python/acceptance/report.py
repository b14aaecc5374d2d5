"""Tells the results: a line for each test, and JUnit XML for machines."""

import sys
import time
import unittest
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from acceptance.cases import AcceptanceTest

_NOT_XML = {code: None for code in range(32) if code not in (9, 10, 13)}


class Results(unittest.TestResult):
    """Collects results by file of cases, and prints each as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._suites: dict[str, ElementTree.Element] = {}
        self._started = 0.0
        self.passed = self.failed = self.skipped_tests = 0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._started = time.perf_counter()

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1
        self._tell(test, "ok")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.failed += 1
        self._tell(test, "FAIL", "failure", str(err[1]))

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self.failed += 1
        self._tell(test, "ERROR", "error", f"{err[0].__name__}: {err[1]}", self.errors[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.skipped_tests += 1
        self._tell(test, "skip", "skipped", reason)

    def _tell(self, test: unittest.TestCase, word: str, element: str = "", message: str = "", detail: str = "") -> None:
        seconds = time.perf_counter() - self._started
        print(f"{word:5} {test}")
        if message:
            print(f"      {message}")
        if detail:
            print(detail, file=sys.stderr)
        suite, name = (test.suite, test.case_name) if isinstance(test, AcceptanceTest) else ("acceptance", str(test))
        if suite not in self._suites:
            self._suites[suite] = ElementTree.Element("testsuite", name=suite)
        case = ElementTree.SubElement(self._suites[suite], "testcase", classname=suite, name=name, time=f"{seconds:.3f}")
        if element:
            ElementTree.SubElement(case, element, message=message.translate(_NOT_XML)).text = detail.translate(_NOT_XML)

    def write(self, folder: Path) -> None:
        """Write a report for each file of cases, and remove those of earlier runs."""
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.xml"):
            old.unlink()
        for name, suite in self._suites.items():
            cases = suite.findall("testcase")
            suite.set("tests", str(len(cases)))
            for count, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                suite.set(count, str(sum(case.find(element) is not None for case in cases)))
            path = folder / f"{name.replace('/', '-')}.xml"
            ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
