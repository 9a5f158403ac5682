"""The pytest plugin: `pytest --mlscore` posts what the tests marked with `mlscore` showed, once, at the end of the session.

    @pytest.mark.mlscore("model-6", check="slice-quality")
    def test_recall_by_country(mlscore_metrics):
        mlscore_metrics["recall"] = 0.83

Without `--mlscore`, or without MLSCORE_URL and MLSCORE_TOKEN, nothing is posted and no test fails of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, MutableMapping
from dataclasses import asdict
from typing import Any

import pytest

from mlscore_client.client import Client, Delivery
from mlscore_client.errors import Misconfigured, MlscoreError, Unavailable
from mlscore_client.outcomes import Case, results_of
from mlscore_client.results import finite
from mlscore_client.settings import strict

MARK = "mlscore"
REFUSED = 2
"""The exit code of a session whose tests passed and whose results were refused, or, when strict, met an outage."""

# Attributes of an item: pytest has a stash for such since 7 only, and the plugin must not break sessions of an older one.
_CASES, _METRICS = "_mlscore_cases", "_mlscore_metrics"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mlscore", "MLScore")
    group.addoption("--mlscore", action="store_true", help="post the results of tests marked mlscore to MLScore")
    group.addoption(
        "--mlscore-dry-run", action="store_true", help="with --mlscore: let the server check, store nothing"
    )
    group.addoption(
        "--mlscore-strict", action="store_true", help="with --mlscore: fail when the server gives no answer"
    )


def pytest_configure(config: pytest.Config) -> None:
    line = f"{MARK}(test, check=None, system=None): evidence for this test of the system's rubric in MLScore"
    config.addinivalue_line("markers", line)
    if config.getoption("mlscore"):
        config.pluginmanager.register(Reporter(config, posts=not hasattr(config, "workerinput")), "mlscore-reporter")


@pytest.fixture
def mlscore_metrics(request: pytest.FixtureRequest) -> MutableMapping[str, float]:
    """Numbers that the test's result shall bear, by name."""
    metrics: dict[str, float] = {}
    setattr(request.node, _METRICS, metrics)
    return metrics


class Reporter:
    """Gathers outcomes where tests run, ships them with the reports, and posts where the session ends.

    With xdist the first is done by the workers and the rest by the controller.
    """

    def __init__(self, config: pytest.Config, *, posts: bool) -> None:
        self.config = config
        self.posts = posts
        self.found: dict[tuple[str, int], dict[str, Any]] = {}
        self.lines: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note for each marked item what it is evidence for, and for how many cases of its check it is one."""
        marked = [(item, cases_of(item)) for item in session.items]
        counts = Counter((case.test, case.check, case.system) for _, cases in marked for case in cases)
        for item, cases in marked:
            for case in cases:
                case.cases = counts[case.test, case.check, case.system]
            setattr(item, _CASES, cases)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        """Every attempt passes here, also one that a rerun plugin keeps from being reported."""
        outcome = yield
        report = outcome.get_result()
        cases: list[Case] = getattr(item, _CASES, [])
        if not cases:
            return
        status, message = judged(report, call)
        metrics, fault = usable(getattr(item, _METRICS, {}))
        if fault and status != "failed":
            status, message = "error", fault
        for case in cases:
            case.started = case.started or call.start
            case.finished = report.when == "teardown"
            if status is not None:
                case.add(status, message, metrics)
        report.mlscore = [asdict(case) for case in cases]

    def pytest_runtest_logreport(self, report: Any) -> None:
        """The last report of a test holds all that was found out about it."""
        for place, case in enumerate(getattr(report, "mlscore", ())):
            self.found[report.nodeid, place] = case

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.posts and self.found and not self.post() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = REFUSED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.lines:
            terminalreporter.section("MLScore")
            for line in self.lines:
                terminalreporter.line(line)

    def post(self) -> bool:
        """Post what was found; whether the session may pass."""
        fails = self.config.getoption("mlscore_strict") or strict(os.environ)
        dry_run = self.config.getoption("mlscore_dry_run")
        try:
            client = Client.from_environment()
        except Misconfigured as error:
            self.lines.append(f"not posted: {error}")
            return not fails
        try:
            delivery = client.post(results_of(self.found.values()), dry_run=dry_run, measured=True)
        except Unavailable as error:
            self.lines.append(f"warning: not posted: {error}")
            return not fails
        except MlscoreError as error:
            self.lines += [f"error: not posted: {error}", *refusals(client)]
            return False
        self.lines += [*told(delivery, dry_run=dry_run), *refusals(client)]
        return not (fails and delivery.outage)


def cases_of(item: pytest.Item) -> list[Case]:
    """What an item is evidence for, by its marks; of several for one test the closest counts. UsageError for a wrong mark."""
    marks: dict[str, tuple[str | None, str | None]] = {}
    for mark in item.iter_markers(MARK):
        test, check, system = read_mark(item, *mark.args, **mark.kwargs)
        marks.setdefault(test, (check, system))
    name = getattr(item, "originalname", None) or item.name
    function = item.nodeid[: -len(item.name)] + name if item.nodeid.endswith(item.name) else item.nodeid
    callspec = getattr(item, "callspec", None)
    param = callspec.id if callspec else ""
    # A check belongs to one test: a function that is evidence for several is a check for each.
    return [
        Case(test, check or (function if len(marks) == 1 else f"{function} ({test})"), system, 0, param)
        for test, (check, system) in marks.items()
    ]


def read_mark(
    item: pytest.Item, test: Any = None, check: str | None = None, system: str | None = None, **more: Any
) -> tuple[str, str | None, str | None]:
    """The arguments of a mark. UsageError when they are not what it takes."""
    texts = all(value is None or isinstance(value, str) for value in (check, system))
    if not isinstance(test, str) or not test or more or not texts:
        raise pytest.UsageError(f'{item.nodeid}: the mark reads mlscore("model-6", check="slice-quality")')
    return test, check, system


def judged(report: Any, call: pytest.CallInfo[None]) -> tuple[str | None, str]:
    """The status that one phase of one attempt gives its check, with a message; None when it says nothing.

    An expected failure is a skip, as in JUnit XML: nothing was proven. So is a test that was skipped. What fails in set-up
    or teardown is an error. A call that raised and is reported as passed was retried by a plugin: it failed.
    """
    if hasattr(report, "wasxfail"):
        return ("skipped", f"expected to fail: {report.wasxfail}") if report.outcome == "skipped" else ("passed", "")
    if report.outcome == "skipped":
        return "skipped", str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
    raised = call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception)
    if report.outcome == "passed" and not raised:
        return ("passed", "") if report.when == "call" else (None, "")
    message = call.excinfo.exconly() if call.excinfo is not None else str(report.longrepr)
    return ("failed", message) if report.when == "call" else ("error", f"{report.when}: {message}")


def usable(metrics: dict[str, float]) -> tuple[dict[str, float], str]:
    """The metrics as plain numbers; or none, and why not."""
    try:
        return finite(metrics), ""
    except ValueError as error:
        return {}, str(error)


def told(delivery: Delivery, *, dry_run: bool) -> list[str]:
    """What became of the results, for the end of the session's log."""
    done = "checked, nothing stored" if dry_run else "posted"
    lines = []
    for label, answer in delivery.answers:
        lines.append(f"{done}: {label} ({answer.get('duplicates', 0)} known already)")
        for system in answer.get("systems", []):
            before, after = system["before"]["score"], system["after"]["score"]
            lines.append(f"  {system['system']}: score {before:g} -> {after:g}")
            lines += [f"    {row['test']}: {row['from']} -> {row['to']}" for row in system.get("changed", [])]
    if delivery.outage is not None:
        kept = (
            f"kept for the next call: {', '.join(delivery.spooled)}" if delivery.spooled else "the rest was not posted"
        )
        lines.append(f"warning: {kept}: {delivery.outage}")
    return lines


def refusals(client: Client) -> list[str]:
    """What of the spool was refused."""
    return [f"warning: set aside: {line}" for line in (client.flushed.refused if client.flushed else [])]
