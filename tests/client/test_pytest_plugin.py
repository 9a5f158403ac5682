"""The pytest plugin, in sessions of their own with the installed client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Installed
from tests.client.server import Server, problem

SESSION = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
# pytest-django of this project is not wanted in the sessions.
QUIET = ["-p", "no:django", "-p", "no:schemathesis", "-p", "no:hypothesispytest"]
HEAD = "import pytest\nmark = pytest.mark.mlscore\n"

# What a plugin that runs failed tests again does: only the last attempt is reported as it ended.
RERUNS = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    for attempt in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = any(report.failed for report in reports)
        for report in reports:
            if report.failed and attempt < 2:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not failed:
            break
        item._initrequest()
    return True
"""


class Sessions:
    """Runs pytest in a directory; `said` is what the last session printed."""

    def __init__(self, directory: Path, installed: Installed, server: Server) -> None:
        self.directory = directory
        self.installed = installed
        self.server = server
        self.said = ""

    def run(self, tests: str, *options: str, conftest: str = "", url: str | None = None, **variables: str) -> int:
        (self.directory / "test_it.py").write_text(HEAD + tests)
        (self.directory / "conftest.py").write_text(conftest)
        (self.directory / "pytest.ini").write_text("[pytest]\n")
        environment = self.installed.environment(self.server.url if url is None else url, **variables)
        environment["MLSCORE_SYSTEM"] = "fraud-scorer"
        command = [*SESSION, *QUIET, "--strict-markers", *options]
        run = subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False, timeout=200
        )
        self.said = run.stdout + run.stderr
        return run.returncode

    def statuses(self, tests: str, *options: str, conftest: str = "") -> dict[str, str]:
        """The status of each check that a session posts, by its name."""
        self.server.asked.clear()
        self.run(tests, "--mlscore", *options, conftest=conftest)
        return {self.short(result["check"]): result["status"] for result in self.server.posted}

    @staticmethod
    def short(check: str) -> str:
        return check.rpartition("::")[2]

    def posted(self) -> dict[str, dict[str, Any]]:
        return {self.short(result["check"]): result for result in self.server.posted}


@pytest.fixture
def sessions(tmp_path: Path, installed: Installed, server: Server) -> Sessions:
    return Sessions(tmp_path, installed, server)


ALL_WAYS = """
import warnings

@pytest.fixture
def broken():
    raise RuntimeError("no database")

@pytest.fixture
def leaking():
    yield
    raise RuntimeError("left behind")

@mark("data-1")
def test_passes(mlscore_metrics):
    mlscore_metrics["auc"] = 0.9

@mark("data-1")
def test_fails():
    assert 1 == 2

@mark("data-2")
def test_setup(broken):
    pass

@mark("data-2")
def test_teardown(leaking):
    pass

@mark("data-2")
def test_fails_and_leaks(leaking):
    assert False

@mark("data-3")
def test_skipped():
    pytest.skip("no GPU")

@mark("data-3")
@pytest.mark.xfail(reason="known", strict=False)
def test_xfail():
    assert False

@mark("data-3")
@pytest.mark.xfail(strict=False)
def test_xpass():
    pass

@mark("data-3")
@pytest.mark.xfail(strict=True)
def test_xpass_strict():
    pass

@mark("model-6", check="slices")
@pytest.mark.parametrize("country", ["AT", "BR", "CH"])
def test_slices(country, mlscore_metrics):
    mlscore_metrics["recall"] = {"AT": 0.9, "BR": 0.7, "CH": 0.8}[country]
    assert country != "BR", "too low"

@mark("infra-1")
@mark("infra-2")
def test_two():
    pass

@mark("infra-3")
def test_metrics_of_no_number(mlscore_metrics):
    mlscore_metrics["auc"] = float("nan")

def test_unmarked():
    pass
"""


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_each_outcome_has_its_status(sessions: Sessions, options: list[str]) -> None:
    assert sessions.statuses(ALL_WAYS, *options) == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_setup": "error",
        "test_teardown": "error",
        "test_fails_and_leaks": "failed",
        "test_skipped": "skipped",
        "test_xfail": "skipped",
        "test_xpass": "passed",
        "test_xpass_strict": "failed",
        "slices": "failed",
        "test_two (infra-1)": "passed",
        "test_two (infra-2)": "passed",
        "test_metrics_of_no_number": "error",
    }
    assert len(sessions.server.asked) == 1
    found = sessions.posted()
    assert found["slices"]["metrics"] == {"recall[AT]": 0.9, "recall[BR]": 0.7, "recall[CH]": 0.8}
    assert found["slices"]["message"].startswith("[BR] AssertionError: too low")
    assert found["test_passes"]["metrics"] == {"auc": 0.9}
    assert found["test_passes"]["test"] == "data-1"
    assert found["test_skipped"]["message"].endswith("no GPU")
    assert len({result["run_id"] for result in found.values()}) == 1
    assert "MLScore" in sessions.said


FLAKY = """
attempts = []

@mark("model-1")
def test_flaky(mlscore_metrics):
    attempts.append(1)
    mlscore_metrics["attempt"] = len(attempts)
    assert len(attempts) > 1, "first attempt"

@mark("model-1")
def test_steady():
    pass
"""


def test_a_rerun_that_passes_is_no_false_green(sessions: Sessions) -> None:
    assert sessions.statuses(FLAKY, conftest=RERUNS) == {"test_flaky": "failed", "test_steady": "passed"}
    assert "2 passed" in sessions.said
    assert "first attempt" in sessions.posted()["test_flaky"]["message"]
    assert sessions.posted()["test_flaky"]["metrics"] == {"attempt": 1}


CRASH = """
import os

@mark("model-1", check="cases")
@pytest.mark.parametrize("number", range(4))
def test_case(number):
    if number == 3:
        os._exit(9)
"""


def test_a_crashed_worker_is_no_false_green(sessions: Sessions) -> None:
    assert sessions.statuses(CRASH, "-n", "1", "--max-worker-restart", "0") == {"cases": "error"}
    assert "1 of 4 cases did not run to their end" in sessions.posted()["cases"]["message"]


def test_cases_that_a_session_does_not_reach_are_not_taken_as_passed(sessions: Sessions) -> None:
    tests = '@mark("data-1", check="all")\n@pytest.mark.parametrize("n", range(3))\ndef test_it(n):\n    pass\n'
    assert sessions.statuses(tests, "-k", "0 or 1") == {"all": "passed"}
    stop = "def pytest_runtest_teardown(item):\n    if '1' in item.name:\n        item.session.shouldstop = 'now'\n"
    assert sessions.statuses(tests, conftest=stop) == {"all": "error"}


ONE = '@mark("data-1")\ndef test_it():\n    pass\n'


def test_without_the_option_or_a_configuration_nothing_happens(sessions: Sessions) -> None:
    assert sessions.run(ONE) == 0
    assert "MLScore" not in sessions.said
    assert sessions.run(ONE, "--mlscore", url="") == 0
    assert "MLSCORE_URL is not set" in sessions.said
    assert sessions.server.asked == []


def test_it_breaks_no_session_of_a_pytest_that_has_no_stash(installed: Installed) -> None:
    script = "import pytest; del pytest.StashKey; import mlscore_client.pytest_plugin"
    subprocess.run([sys.executable, "-c", script], env=installed.environment(), check=True, timeout=60)


def test_an_outage_fails_nothing_unless_strict(sessions: Sessions) -> None:
    away = "http://127.0.0.1:9"
    assert sessions.run(ONE, "--mlscore", url=away) == 0
    assert "warning: not posted" in sessions.said
    assert sessions.run(ONE, "--mlscore", "--mlscore-strict", url=away) == 2
    spool = sessions.directory / "spool"
    assert sessions.run(ONE, "--mlscore", url=away, MLSCORE_SPOOL=str(spool)) == 0
    assert len(list(spool.glob("*.json"))) == 1


def test_a_refusal_fails_the_session_and_names_the_field(sessions: Sessions) -> None:
    sessions.server.script = [problem(400, "1 value is at fault.", test="no such test")]
    assert sessions.run(ONE, "--mlscore") == 2
    assert "/results/0/test: no such test" in sessions.said


def test_a_dry_run_stores_nothing(sessions: Sessions) -> None:
    assert sessions.run(ONE, "--mlscore", "--mlscore-dry-run") == 0
    assert sessions.server.asked[0].query == {"dry_run": "true"}


def test_a_mark_that_names_no_test_is_a_usage_error(sessions: Sessions) -> None:
    assert sessions.run("@mark()\ndef test_it():\n    pass\n", "--mlscore") == 4
    assert "the mark reads" in sessions.said
