"""What further producers write, in small: each entry names the producer, and is what it means by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from evidence import formats

AT = datetime(2026, 11, 21, 1, 24, 35, tzinfo=UTC)


def read(document: object, manifest: bytes | None = None) -> tuple[formats.ReportedCheck, ...]:
    body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
    return formats.fold(formats.read("auto", body, {"manifest.json": manifest} if manifest else None).checks)


def outcomes(document: object) -> list[tuple[str, str, str]]:
    return [(check.name, str(check.status), check.message) for check in read(document)]


JUNIT = {
    "PHPUnit, the assertions held": (
        '<testcase name="testA" class="ATest" classname="ATest" assertions="1">'
        '<warning type="PHPUnit\\Framework\\Warning">ATest::testA\nassertFileNotExists() is deprecated</warning></testcase>',
        ("ATest.testA", "passed", "Passed with a warning: assertFileNotExists() is deprecated"),
    ),
    "PHPUnit, nothing was asserted": (
        '<testcase name="Warning" class="PHPUnit\\Framework\\WarningTestCase" assertions="0">'
        '<warning type="PHPUnit\\Framework\\Warning">No tests found in class "ATest".</warning></testcase>',
        ("PHPUnit\\Framework\\WarningTestCase.Warning", "error", 'No tests found in class "ATest".'),
    ),
    "Catch2, a failed internal expectation": (
        '<testcase classname="unit.global" name="fits"><internalError message="x == 1" type="CHECK"/></testcase>',
        ("unit.global.fits", "error", "x == 1"),
    ),
    "Catch2, allowed to fail, and failed": (
        '<testcase classname="unit.global" name="fits" status="run"><skipped message="TEST_CASE tagged with !mayfail"/>'
        '<failure message="1 == 2" type="CHECK">FAILED:\n  CHECK( 1 == 2 )</failure></testcase>',
        ("unit.global.fits", "failed", "1 == 2"),
    ),
    "CTest": (
        '<testcase name="fit" classname="fit" status="fail"><failure message="Timeout"/></testcase>',
        ("fit", "failed", "Timeout"),
    ),
    "CTest, the program is missing": (
        '<testcase name="fit" classname="fit" status="notrun"><skipped message="Unable to find executable"/></testcase>',
        ("fit", "skipped", "Unable to find executable"),
    ),
    "Bazel, of a target without a report of its own": (
        '<testcase name="//ml:fit" status="run" duration="3" time="3"><error message="exited with error code 1"/></testcase>',
        ("s.//ml:fit", "error", "exited with error code 1"),
    ),
    "Bazel's runner, stopped in the midst": (
        '<testcase name="n" classname="c" status="run" result="interrupted"/>',
        ("c.n", "error", ""),
    ),
    "Ginkgo": ('<testcase name="[It] n" classname="c" status="panicked"/>', ("c.[It] n", "error", "")),
    "Playwright": (
        '<testcase name="sign-in › works" classname="auth.spec.ts"><properties><property name="mlscore" value="infra-3">'
        '</property></properties><failure message="auth.spec.ts:3:5 works" type="FAILURE"><![CDATA[  [chromium] ...]]>'
        "</failure></testcase>",
        ("auth.spec.ts.sign-in › works", "failed", "auth.spec.ts:3:5 works"),
    ),
    "Robot Framework": (
        '<testcase classname="Suite.Model" name="Fits"><failure message="1 != 2" type="AssertionError"/></testcase>',
        ("Suite.Model.Fits", "failed", "1 != 2"),
    ),
    "gotestsum": (
        '<testcase classname="ml/fit" name="TestFit"><failure message="Failed" type="">=== RUN   TestFit\n'
        "    fit_test.go:7: want 2, got 1\n--- FAIL: TestFit (0.00s)\n</failure></testcase>",
        ("ml/fit.TestFit", "failed", "fit_test.go:7: want 2, got 1"),
    ),
    "nextest, flaky": (
        '<testcase name="t::fits" classname="ml"><flakyFailure message="panicked at lib.rs:3"/></testcase>',
        ("ml.t::fits", "passed", "Passed on a repeated attempt; an earlier one did not: panicked at lib.rs:3"),
    ),
    "nextest, never passed": (
        '<testcase name="t::fits" classname="ml"><failure message="panicked"/><rerunFailure message="again"/></testcase>',
        ("ml.t::fits", "failed", "panicked"),
    ),
}


@pytest.mark.parametrize("producer", JUNIT)
def test_junit(producer: str) -> None:
    case, outcome = JUNIT[producer]
    assert outcomes(f'<testsuites><testsuite name="s" tests="1">{case}</testsuite></testsuites>') == [outcome]


def test_a_time_as_mocha_writes_it() -> None:
    (check,) = read('<testsuite timestamp="Sat, 21 Nov 2026 01:24:35 GMT"><testcase name="n"/></testsuite>')
    assert check.observed_at == AT


@pytest.mark.parametrize(
    ("root", "advice"), [("robot", "--xunit"), ("TestRun", "JunitXml.TestLogger"), ("Site", "--output-junit")]
)
def test_other_runners_own_xml_is_refused_with_advice(root: str, advice: str) -> None:
    with pytest.raises(formats.ReportError, match=advice):
        formats.read("auto", f"<{root}/>".encode())


SOURCES = {
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json"},
    "results": [
        {
            "unique_id": f"source.shop.raw.{status.replace(' ', '_')}",
            "status": status,
            "snapshotted_at": "2026-11-21T01:24:35Z",
            "max_loaded_at_time_ago_in_s": 93600.0,
            "criteria": {
                "warn_after": {"count": 12, "period": "hour"},
                "error_after": {"count": 1, "period": "day"},
                "filter": None,
            },
        }
        for status in ("pass", "warn", "error")
    ]
    + [{"unique_id": "source.shop.raw.gone", "error": "Database Error", "status": "runtime error"}],
}


def test_dbt_freshness() -> None:
    manifest = {"nodes": {}, "sources": {"source.shop.raw.warn": {"meta": {"mlscore": "monitor-1"}}}}
    checks = read(SOURCES, json.dumps(manifest).encode())
    assert [(check.name.rpartition(".")[2], str(check.status), check.message) for check in checks] == [
        ("pass", "passed", ""),
        ("warn", "passed", "The newest data were 26.0 hours old; warn after 12 hours."),
        ("error", "failed", "The newest data were 26.0 hours old; error after 1 day."),
        ("gone", "error", "Database Error"),
    ]
    assert (checks[0].observed_at, checks[0].metrics) == (AT, {"max_loaded_at_time_ago_in_s": 93600.0})
    assert [check.key for check in checks] == [None, "monitor-1", None, None]


def test_dbt_freshness_of_version_2_covers_models() -> None:
    schema = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/freshness/v0.json"}
    result = {"unique_id": "model.shop.orders", "resource_type": "model", "status": "Error"}
    assert outcomes({"metadata": schema, "results": [result]}) == [("model.shop.orders", "failed", "")]


SODA = [
    ({"outcome": "PASSED"}, "passed", ""),
    ({"outcome": "WARN", "diagnostics": {"value": 3, "warn": {"greaterThan": 2}}}, "passed", "value 3, warns when > 2"),
    ({"outcome": "FAILED", "diagnostics": {"value": 3}}, "failed", "value 3"),
    ({"outcome": "NOT_EVALUATED"}, "error", "The check was not evaluated."),
    ({"outcome": "unevaluated", "diagnostics": {"value": 0}}, "error", "The check was not evaluated."),
    ({"outcome": None, "outcomeReasons": [{"message": "Too few measurements."}]}, "error", "Too few measurements."),
    ({"outcome": "EXCLUDED"}, "skipped", "The check was excluded."),
    ({"outcome": "odd"}, "error", "The outcome is 'error'."),
]


@pytest.mark.parametrize(("check", "status", "message"), SODA)
def test_soda(check: dict[str, object], status: str, message: str) -> None:
    scan = {"scanEndTimestamp": "2026-11-21T01:24:35+00:00", "checks": [{"name": "n", **check}]}
    assert outcomes(scan) == [("n", status, message)]
    assert read(scan)[0].metrics == ({"value": 3.0} if message.startswith("value") else {})


EXPECTATION = {"success": False, "expectation_config": {"type": "expect_x", "kwargs": {"column": "a"}}, "result": {}}
VALIDATION = {"success": False, "results": [EXPECTATION], "statistics": {}, "meta": {}}


@pytest.mark.parametrize("document", [[VALIDATION], [VALIDATION, VALIDATION], EXPECTATION, [EXPECTATION]])
def test_great_expectations_without_a_checkpoint(document: object) -> None:
    assert outcomes(document) == [("expect_x(column=a)", "failed", "The expectation was not met.")]


def _of_old(**result: object) -> str:
    return json.dumps({"name": "Nulls", "params": {}, "header": "Nulls", "summary": "...", **result})


_CONDITIONS = json.dumps(
    [
        {"Status": '<div style="color: green">\u2713</div>', "Condition": "a", "More Info": ""},
        {"Status": "\u2716", "Condition": "b", "More Info": "too many"},
        {"Status": "!", "Condition": "c", "More Info": "close"},
    ]
)
DEEPCHECKS_OF_OLD = [
    ("Nulls: a", "passed", ""),
    ("Nulls: b", "failed", "too many"),
    ("Nulls: c", "passed", "close"),
]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"name": "s", "results": [_of_old(value=1, conditions_table=_CONDITIONS)]}, DEEPCHECKS_OF_OLD),
        (_of_old(value=1, conditions_table=_CONDITIONS), DEEPCHECKS_OF_OLD),
        (
            {"name": "s", "results": [_of_old(display=[{"py/tuple": ["html", "<p>no datetime</p>"]}])]},
            [("Nulls", "skipped", "no datetime")],
        ),
        ([{"type": "CheckFailure", "header": "Nulls", "exception": "e"}], [("Nulls", "skipped", "e")]),
        (json.dumps({"type": "CheckFailure", "header": "Nulls", "exception": "e"}), [("Nulls", "skipped", "e")]),
    ],
)
def test_deepchecks_of_old_and_alone(document: object, expected: list[tuple[str, str, str]]) -> None:
    assert outcomes(document) == expected
    assert outcomes(json.dumps(document)) == expected


_CONFIG = {"params": {"type": "evidently:metric_v2:RowCount"}, "metric_id": "m"}
_TEST = {"id": "eq", "name": "Rows: 3", "description": "too few", "status": "FAIL"}
_LEGACY = {"name": "Number of Rows", "description": "too few", "status": "FAIL", "group": "data_integrity"}


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"metrics": [], "tests": {"f1": _TEST}}, "Rows: 3"),
        (
            {
                "report": {"items": []},
                "top_level_metrics": ["m"],
                "metric_results": {
                    "m": {"value": 3, "tests": [{**_TEST, "metric_config": _CONFIG}]},
                    "inner": {"tests": [_TEST]},
                },
            },
            "RowCount: eq",
        ),
        ({"tests": [_LEGACY], "summary": {"all_passed": False}}, "Number of Rows"),
        ({"suite": {"tests": [{"type": "t"}], "test_results": [_LEGACY]}, "timestamp": "2026-11-21"}, "Number of Rows"),
    ],
)
def test_evidently_of_other_versions(document: object, name: str) -> None:
    assert outcomes(document) == [(name, "failed", "too few")]


def test_a_legacy_report_of_evidently_holds_no_check() -> None:
    document = {"version": "0.4.40", "metrics": [{"metric": "DatasetDriftMetric", "result": {"dataset_drift": True}}]}
    report = formats.read("auto", json.dumps(document).encode())
    assert (report.format, report.checks) == ("evidently", ())


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        [[]],
        [1],
        "text",
        {"results": ["{}"], "name": "s"},
        {"results": ["no JSON"], "name": "s"},
        {"tests": {"f": {}}, "metrics": []},
        {"metric_results": {}},
        {"metrics": []},
        {"metrics": [{"metric": "m"}]},
        {"suite": {}},
        [{"success": True}],
        [{"type": "CheckResult"}, {"type": "Other"}],
    ],
)
def test_what_holds_nothing_known_is_refused(document: object) -> None:
    with pytest.raises(formats.ReportError, match="not recognised"):
        formats.read("auto", json.dumps(document).encode())
