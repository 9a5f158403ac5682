"""The JSON formats beyond their samples: keys that checks carry, shapes of other versions, states seldom seen."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from evidence import formats
from evidence.formats.values import key_in_tags
from tests.evidence.formats.samples import body

RUN = body("dbt/test_fail.run_results.json")


def read(document: object, name: str = "auto") -> tuple[formats.ReportedCheck, ...]:
    return formats.read(name, json.dumps(document).encode()).checks


def _manifest(node: dict[str, object]) -> bytes:
    manifest = json.loads(body("dbt/manifest.json"))
    manifest["nodes"]["test.ml_features.assert_hue_positive"].update(node)
    manifest["unit_tests"]["unit_test.ml_features.features.test_log_proline_feature_code"]["config"]["meta"] = {
        "mlscore": "data-7"
    }
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "node",
    [
        {"config": {"meta": {"mlscore": "data-1"}}},
        {"config": {}, "meta": {"mlscore": "data-1"}},
        {"config": {"tags": ["nightly", "mlscore:data-1"]}},
        {"config": {}, "tags": ["mlscore_data_1"]},
    ],
)
def test_dbt_tests_carry_keys_in_the_manifest(node: dict[str, object]) -> None:
    report = formats.read("auto", RUN, {"manifest.json": _manifest(node)})
    assert {check.name: check.key for check in report.checks if check.key} == {
        "test.ml_features.assert_hue_positive": "data-1",
        "unit_test.ml_features.features.test_log_proline_feature_code": "data-7",
    }


def test_dbt_names_are_the_same_with_and_without_the_manifest() -> None:
    plain, beside = formats.read("dbt", RUN), formats.read("dbt", RUN, {"manifest.json": body("dbt/manifest.json")})
    assert plain == beside


def test_a_broken_manifest_is_refused() -> None:
    for manifest in (RUN, b"{", b"[]"):
        with pytest.raises(formats.ReportError):
            formats.read("dbt", RUN, {"manifest.json": manifest})


@pytest.mark.parametrize(
    ("tag", "key"),
    [
        ("mlscore:data-1", "data-1"),
        ("mlscore::model-6::check_slice", "model-6"),
        ("mlscore=data-1", "data-1"),
        ("mlscore_data_1", "data-1"),
        ("mlscored:data-1", None),
        ("rubric::data-1", None),
        (7, None),
    ],
)
def test_tags(tag: object, key: str | None) -> None:
    assert key_in_tags([tag]) == key


def test_deepchecks_failures_are_skipped_and_information_is_no_check() -> None:
    checks = read(
        {
            "type": "SuiteResult",
            "name": "s",
            "results": [
                {"type": "CheckFailure", "header": "Leakage", "exception": "no datetime column"},
                {"type": "CheckResult", "header": "Nulls", "conditions_results": []},
                {"type": "CheckResult", "header": "D", "conditions_results": [{"Status": "ERROR", "Condition": "c"}]},
            ],
        }
    )
    assert [(check.name, str(check.status)) for check in checks] == [("Leakage", "skipped"), ("D: c", "error")]


def test_soda_checks_that_were_not_evaluated_are_errors_and_carry_keys() -> None:
    check = {"name": "n", "table": "t", "outcome": None, "resourceAttributes": [{"name": "mlscore", "value": "data-1"}]}
    (read_check,) = read({"hasErrors": True, "scanEndTimestamp": "2026-11-21T01:37:02+00:00", "checks": [check]})
    assert (read_check.name, read_check.status, read_check.key) == ("n (t)", "error", "data-1")


def test_great_expectations_of_0_x_inside_a_checkpoint() -> None:
    result = {
        "success": False,
        "expectation_config": {
            "expectation_type": "expect_x",
            "kwargs": {"column": "a"},
            "meta": {"mlscore": "data-1"},
        },
        "exception_info": {"raised_exception": True, "exception_message": "boom"},
        "result": {},
    }
    run = {"validation_result": {"success": False, "results": [result], "meta": {}}}
    (check,) = read({"success": False, "run_results": {"ValidationResultIdentifier::a": run}})
    assert (check.name, check.status, check.message, check.key) == ("expect_x(column=a)", "error", "boom", "data-1")


@pytest.mark.parametrize(
    ("test", "status"),
    [
        ({"status": "passed", "flaky": True}, "passed"),
        ({"status": "pending"}, "skipped"),
        ({"status": "other"}, "error"),
        ({"status": "other", "rawStatus": "todo"}, "skipped"),
        ({"status": "failed", "rawStatus": "teardown_failed"}, "error"),
        ({"status": "nonsense"}, "error"),
        ({}, "error"),
    ],
)
def test_ctrf_statuses(test: dict[str, object], status: str) -> None:
    (check,) = read({"results": {"tests": [{"name": "n", "suite": ["a", "b"], **test}]}})
    assert (check.name, check.status) == ("a > b > n", status)


def test_a_report_of_ten_thousand_cases_reads_within_its_memory() -> None:
    case = '<testcase classname="c" name="n{}"><failure message="m">{}</failure></testcase>'
    text = "<testsuite>" + "".join(case.format(i, "line of text\n" * 20) for i in range(10_000)) + "</testsuite>"
    content = text.encode()
    tracemalloc.start()
    try:
        assert len(formats.fold(formats.read("auto", content).checks)) == 10_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000
