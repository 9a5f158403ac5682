"""Every sample report reads as its tool meant it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evidence import formats
from tests.evidence.formats.samples import REAL, body, folded, tally

EXPECTED = {
    "dbt/build.run_results.json": ("dbt", {"error": 2, "passed": 4, "skipped": 1}),
    "dbt/test_fail.run_results.json": ("dbt", {"failed": 3, "passed": 3}),
    "dbt/test_pass.run_results.json": ("dbt", {"passed": 6}),
    "deepchecks/fail_ci_gate.json": ("deepchecks", {"failed": 1, "passed": 3}),
    "deepchecks/pass_ci_gate.json": ("deepchecks", {"passed": 4}),
    "evidently/fail_custom.json": ("evidently", {"failed": 6, "passed": 3}),
    "evidently/pass_custom.json": ("evidently", {"passed": 9}),
    "evidently/preset.json": ("evidently", {"failed": 6, "passed": 17}),
    "great_expectations/checkpoint.describe.json": ("great-expectations", {"failed": 5}),
    "great_expectations/empty.validation_result.json": ("great-expectations", {}),
    "great_expectations/fail.complete.validation_result.json": (
        "great-expectations",
        {"error": 1, "failed": 6, "passed": 2},
    ),
    "great_expectations/keyed.summary.validation_result.json": ("great-expectations", {"error": 1, "failed": 4}),
    "great_expectations/pass.summary.validation_result.json": ("great-expectations", {"passed": 9}),
    "jest/jest-suite-errors.junit.xml": ("junit", {"failed": 3, "passed": 2, "skipped": 1}),
    "jest/jest.ctrf.json": ("ctrf", {"failed": 2, "passed": 1, "skipped": 2}),
    "node_junit/node-control-characters.junit.xml": ("junit", {"failed": 4, "passed": 1}),
    "node_junit/node-fail.junit.xml": ("junit", {"failed": 4, "passed": 3, "skipped": 2}),
    "pytest/pytest-mixed.ctrf.json": ("ctrf", {"error": 2, "failed": 10, "passed": 15, "skipped": 2}),
    "pytest/pytest-mixed.junit.xml": ("junit", {"error": 3, "failed": 10, "passed": 15, "skipped": 2}),
    "pytest/pytest-pass.junit.xml": ("junit", {"passed": 8}),
    "pytest/pytest8-legacy-reruns.junit.xml": ("junit", {"error": 1, "failed": 3, "passed": 7, "skipped": 1}),
    "pytest/pytest8-xdist.junit.xml": ("junit", {"failed": 3, "passed": 7, "skipped": 1}),
    "pytest/pytest8-xunit1-reruns.junit.xml": ("junit", {"error": 1, "failed": 3, "passed": 7, "skipped": 1}),
    "soda/contract4.scan_results.json": ("soda", {"failed": 2, "passed": 4}),
    "soda/crash.scan_results.json": ("soda", {}),
    "soda/fail.scan_results.json": ("soda", {"failed": 5, "passed": 3}),
    "soda/pass.scan_results.json": ("soda", {"passed": 5}),
    "unittest_xml/unittest-mixed.xml": ("junit", {"error": 3, "failed": 3, "passed": 1, "skipped": 2}),
    "unittest_xml/unittest-pass.xml": ("junit", {"passed": 2}),
    "vitest/vitest.junit.xml": ("junit", {"failed": 2, "passed": 2, "skipped": 1}),
}


def test_every_sample_is_expected() -> None:
    assert sorted(EXPECTED) == REAL


@pytest.mark.parametrize("name", REAL)
def test_auto_recognises_the_format_and_reads_each_status(name: str) -> None:
    format_name, statuses = EXPECTED[name]
    assert formats.read("auto", body(name)).format == format_name
    assert tally(name) == statuses


@pytest.mark.parametrize("name", REAL)
def test_only_its_own_format_takes_a_sample(name: str) -> None:
    own = EXPECTED[name][0]
    assert formats.read(own, body(name)) == formats.read("auto", body(name))
    for other in formats.FORMATS.keys() - {own}:
        with pytest.raises(formats.ReportError):
            formats.read(other, body(name))


@pytest.mark.parametrize("name", [name for name in REAL if not EXPECTED[name][1]])
def test_a_report_without_checks_warns(name: str) -> None:
    report = formats.read("auto", body(name))
    assert report.checks == ()
    assert "no check" in report.warnings[0]


@pytest.mark.parametrize("name", [name for name in REAL if "pytest8" in name])
def test_a_test_of_pytest_that_passed_when_it_was_repeated_is_told(name: str) -> None:
    report = formats.read("auto", body(name))
    assert "Check 'test_a.test_flaky' seems to have passed only when it was repeated." in report.warnings
    assert not any("test_always_fails" in warning or "test_ok" in warning for warning in report.warnings)


@pytest.mark.parametrize("name", REAL)
def test_a_report_cut_in_half_is_refused(name: str) -> None:
    whole = body(name)
    with pytest.raises(formats.ReportError):
        formats.read("auto", whole[: len(whole) // 2])


@pytest.mark.parametrize("name", REAL)
def test_no_rows_and_no_tracebacks_are_kept(name: str) -> None:
    for check in formats.read("auto", body(name)).checks:
        assert len(check.message) <= 500
        assert 1 <= len(check.name) <= 300
        assert not any(sign in check.message for sign in ("array([", "[569 rows", "\x00", "\x1b"))


SINGLE = [
    (
        "pytest/pytest-mixed.junit.xml",
        "test_data.TestSchema.test_columns_present",
        {"status": "passed", "observed_at": datetime(2026, 11, 21, 1, 24, 35, 362350, tzinfo=UTC), "message": ""},
    ),
    ("pytest/pytest-mixed.junit.xml", "test_collect_error", {"status": "error", "message": "collection failure"}),
    (
        "pytest/pytest-mixed.junit.xml",
        "test_model.test_fails_and_teardown_errors",
        {"status": "failed", "message": "assert 1 == 2"},
    ),
    (
        "pytest/pytest-mixed.junit.xml",
        "test_model.test_beats_baseline",
        {"metrics": {"accuracy": 0.9590643274853801, "baseline_accuracy": 0.6257309941520468}},
    ),
    ("pytest/pytest-mixed.junit.xml", "test_data.TestSchema.test_no_nan", {"metrics": {"nan_count": 0.0}}),
    ("soda/contract4.scan_results.json", "No missing values (t.id)", {"status": "passed", "metrics": {"value": 0}}),
    ("soda/contract4.scan_results.json", "No missing values (t.n)", {"status": "passed", "metrics": {"value": 1}}),
    ("soda/contract4.scan_results.json", "uniq (t.id)", {"status": "failed", "key": "data-1"}),
    ("pytest/pytest8-xunit1-reruns.junit.xml", "test_a.test_ok", {"key": "data-1", "metrics": {"acc": 0.5}}),
    ("pytest/pytest8-xunit1-reruns.junit.xml", "test_a.test_always_fails", {"status": "failed", "key": "infra-3"}),
    ("node_junit/node-fail.junit.xml", "test.parent with subtests.dup", {"status": "failed", "observed_at": None}),
    ("node_junit/node-fail.junit.xml", "test.todo that fails", {"status": "failed", "message": "boom"}),
    ("unittest_xml/unittest-pass.xml", "test_ml_unittest.ModelTests.test_reproducible", {"observed_at": None}),
    (
        "great_expectations/fail.complete.validation_result.json",
        "expect_column_max_to_be_between(column=worst_texture, max_value=60)",
        {
            "status": "error",
            "message": 'Error: The column "worst_texture" in BatchData does not exist.',
            "observed_at": datetime(2026, 11, 21, 1, 36, 40, 901860, tzinfo=UTC),
        },
    ),
    (
        "great_expectations/fail.complete.validation_result.json",
        "expect_column_values_to_not_be_null(column=mean_area)",
        {
            "status": "failed",
            "message": "21 of 569 values unexpected (3.691%)",
            "metrics": {"element_count": 569.0, "unexpected_count": 21.0, "unexpected_percent": 3.690685413005272},
        },
    ),
    (
        "great_expectations/fail.complete.validation_result.json",
        "expect_column_mean_to_be_between(column=mean_radius, max_value=20, min_value=10)",
        {"status": "failed", "metrics": {}},
    ),
    (
        "great_expectations/keyed.summary.validation_result.json",
        "expect_column_values_to_not_be_null(column=a)",
        {"key": "data-1"},
    ),
    (
        "dbt/test_fail.run_results.json",
        "test.ml_features.not_null_features_alcohol",
        {
            "status": "passed",
            "message": "Got 5 results, configured to warn if != 0",
            "metrics": {"failures": 5.0},
            "observed_at": datetime(2026, 11, 21, 1, 53, 32, 322774, tzinfo=UTC),
        },
    ),
    ("evidently/fail_custom.json", "MaxValue(column=mean_radius): LessOrEqual", {"status": "passed"}),
    (
        "evidently/fail_custom.json",
        "MissingValueCount(column=mean_texture): Equal",
        {"status": "failed", "metrics": {"count": 80.0, "share": 0.25396825396825395}, "observed_at": None},
    ),
    ("evidently/fail_custom.json", "ValueDrift(column=mean_radius): ValueDrift", {"status": "failed"}),
    (
        "deepchecks/fail_ci_gate.json",
        "Data Duplicates - Test Dataset: Duplicate data ratio is less or equal to 0%",
        {"status": "passed", "message": "Found 20.83% duplicate data", "metrics": {"value": 0.20833333333333337}},
    ),
    (
        "soda/fail.scan_results.json",
        "schema matches contract (serving)",
        {"status": "failed", "message": "missing columns: worst_texture"},
    ),
    (
        "soda/fail.scan_results.json",
        "missing pct warn (serving)",
        {
            "status": "passed",
            "message": "value 3.69, warns when > 1",
            "metrics": {"value": 3.69},
            "observed_at": datetime(2026, 11, 21, 1, 37, 2, tzinfo=UTC),
        },
    ),
    ("pytest/pytest-mixed.ctrf.json", "test_data.py::test_feature_store_reachable", {"status": "error"}),
    (
        "pytest/pytest-mixed.ctrf.json",
        "test_model.py::test_model_validated_before_serving",
        {"status": "error", "observed_at": datetime(2026, 11, 21, 1, 24, 42, 896000, tzinfo=UTC)},
    ),
]


@pytest.mark.parametrize(("sample", "name", "expected"), SINGLE)
def test_one_check_reads_as(sample: str, name: str, expected: dict[str, object]) -> None:
    check = folded(sample)[name]
    assert {field: getattr(check, field) for field in expected} == expected


def test_values_that_cannot_be_stored_are_told() -> None:
    assert any("not finite" in text for text in formats.read("auto", body("pytest/pytest-pass.junit.xml")).warnings)
    assert any("NUL" in text for text in formats.read("auto", body("pytest/pytest-mixed.ctrf.json")).warnings)


def test_a_crashed_scan_says_so() -> None:
    warnings = formats.read("soda", body("soda/crash.scan_results.json")).warnings
    assert any("The scan had errors" in text for text in warnings)
