"""The words of JUnit XML's many producers: elements, attributes and texts that say how a case ended."""

from __future__ import annotations

import re

from evidence.formats.report import Status

SUITES = ("testsuites", "testsuite")
# Reports of test runners that are no JUnit, and what to send in their place.
OTHER_ROOTS = {
    "robot": "Robot Framework's own output: send that of --xunit",
    "TestRun": "a TRX file: send that of JunitXml.TestLogger",
    "test-run": "NUnit's own report: send that of JunitXml.TestLogger",
    "test-results": "NUnit's own report: send that of JunitXml.TestLogger",
    "assemblies": "xUnit.net's own report: send that of JunitXml.TestLogger",
    "Site": "CTest's dashboard file: send that of --output-junit",
    "testng-results": "TestNG's own report: send those in junitreports/",
    "Catch2TestRun": "Catch2's own report: send that of --reporter junit",
}
# Surefire names attempts that it repeated: flaky ones passed in the end, the rerun ones never did.
VERDICTS = {
    "failure": Status.FAILED,
    "rerunFailure": Status.FAILED,
    "error": Status.ERROR,
    "rerunError": Status.ERROR,
    "internalError": Status.ERROR,
    "skipped": Status.SKIPPED,
    "skip": Status.SKIPPED,  # Python's junitxml before 0.7
    "ignored": Status.SKIPPED,
    "disabled": Status.SKIPPED,
}
FLAKY = ("flakyFailure", "flakyError")
# PHPUnit 8 and 9: a test whose assertions held, or one that could not be run for want of data or of any test.
WARNING = "warning"
CHILDREN = (*VERDICTS, *FLAKY, WARNING)
# GoogleTest and CTest say in an attribute, and in no child, that a case did not run; others that it failed.
VERDICT_ATTRIBUTES = ("status", "result")
VERDICT_WORDS = {
    **dict.fromkeys(("failed", "failure", "fail", "xpass"), Status.FAILED),
    **dict.fromkeys(("error", "errored", "broken", "timeout", "timedout", "aborted", "crashed"), Status.ERROR),
    **dict.fromkeys(("interrupted", "cancelled", "canceled", "panicked", "blocked", "incomplete"), Status.ERROR),
    **dict.fromkeys(("skipped", "notrun", "disabled", "suppressed", "filtered", "ignored", "pending"), Status.SKIPPED),
    **dict.fromkeys(("skip", "notexecuted", "untested", "undefined", "inconclusive", "todo"), Status.SKIPPED),
}
# pytest names every suite so; the name tells nothing of the check.
PYTEST = "pytest"
NAMELESS_SUITES = ("", PYTEST)
# Node's built-in reporter gives this class to every test, whatever its suite.
CLASS_OF_ALL = "test"
# What producers write for want of a message: behave, nose2, gotestsum.
EMPTY_WORDS = ("none", "test failure", "failed")
# How `go test` announces a test, before what it printed.
ANNOUNCEMENTS = ("=== RUN", "=== PAUSE", "=== CONT", "=== NAME")
# PHPUnit's texts begin with the test's own name.
OWN_NAME = re.compile(r"[\w\\]+::\w+( with data set .*)?")
# nose2 files a test that should have failed under `skipped`, and counts it as a failure itself.
UNEXPECTED_SUCCESS = "test passes unexpectedly"
