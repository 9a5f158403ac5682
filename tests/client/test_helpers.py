"""Results from MLflow, Fairlearn and pandera; the stand-ins have the shapes of the real objects."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from mlscore_client.fairlearn import result_of_metric_frame
from mlscore_client.mlflow import result_of_run
from mlscore_client.pandera import result_of_error, result_of_validation
from mlscore_client.results import Result
from mlscore_client.thresholds import judge


@pytest.mark.parametrize(
    ("value", "limit", "status"),
    [
        (0.8, ">= 0.8", "passed"),
        (0.8, "> 0.8", "failed"),
        (0.8, 0.8, "passed"),
        (0.79, 0.8, "failed"),
        (250, "<= 250", "passed"),
        (250, "<250", "failed"),
        (math.nan, ">= 0", "error"),
        (None, ">= 0", "error"),
    ],
)
def test_thresholds(value: Any, limit: Any, status: str) -> None:
    assert judge({"m": value}, {"m": limit}).status == status


@pytest.mark.parametrize("limits", [{}, {"m": "about 1"}, {"m": True}, {"m": "= 1"}])
def test_a_threshold_that_is_none_is_no_pass(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        judge({"m": 1}, limits)


def mlflow_run(status: str = "FINISHED", **metrics: float) -> Any:
    """As `mlflow.get_run` answers."""
    info = SimpleNamespace(run_id="7f07", status=status, end_time=1_772_330_400_603)
    return SimpleNamespace(info=info, data=SimpleNamespace(metrics=metrics))


def test_a_run_of_mlflow() -> None:
    version = SimpleNamespace(name="fraud", version="7")
    run = mlflow_run(auc=0.9, loss=math.nan)
    assert result_of_run(
        run, test="model-3", thresholds={"auc": ">= 0.8"}, model_version=version, check="offline"
    ) == Result(
        test="model-3",
        status="passed",
        check="offline",
        run_id="mlflow/7f07",
        observed_at=datetime(2026, 3, 1, 2, 0, 0, 603_000, UTC),
        message="1 thresholds kept",
        model_version="fraud/7",
        metrics={"auc": 0.9},
    )
    assert result_of_run(run, test="model-3", thresholds={"auc": 0.95}).status == "failed"
    assert result_of_run(run, test="model-3", thresholds={"recall": 0.5}).status == "error"
    assert result_of_run(mlflow_run("FAILED", auc=0.9), test="model-3", thresholds={"auc": 0.5}).status == "error"


class Series(dict[str, float]):
    """As much of a pandas Series as is read: values by label, and the index with its names."""

    def __init__(self, values: dict[str, float], name: str | None = None) -> None:
        super().__init__(values)
        self.index = SimpleNamespace(names=[name])

    def __iter__(self) -> Any:
        return iter(self.values())


class Frame(dict[str, list[float]]):
    """As much of a pandas DataFrame as is read."""

    @property
    def columns(self) -> list[str]:
        return list(self)


def metric_frame(difference: Any, ratio: Any) -> Any:
    """As `fairlearn.metrics.MetricFrame`: a Series by metric, a DataFrame with control features, or a number."""
    return SimpleNamespace(difference=lambda method: difference, ratio=lambda method: ratio)


SHAPES = [
    (metric_frame(Series({"recall": 0.2}), Series({"recall": 0.7})), "recall"),
    (metric_frame(Frame({"recall": [0.01, 0.2]}), Frame({"recall": [0.9, 0.7]})), "recall"),
    (metric_frame(0.2, 0.7), "metric"),
    (metric_frame(Series({"a": 0.01, "b": 0.2}, "age"), Series({"a": 0.9, "b": 0.7}, "age")), "metric"),
]


@pytest.mark.parametrize(("frame", "name"), SHAPES)
def test_a_metric_frame_of_fairlearn(frame: Any, name: str) -> None:
    kept = result_of_metric_frame(frame, test="model-6", max_difference={name: 0.2}, min_ratio={name: 0.7})
    assert kept.status == "passed"
    assert kept.metrics == {f"{name} difference": 0.2, f"{name} ratio": 0.7}
    assert result_of_metric_frame(frame, test="model-6", max_difference={name: 0.1}).status == "failed"
    assert result_of_metric_frame(frame, test="model-6", min_ratio={name: 0.8}).status == "failed"
    assert result_of_metric_frame(frame, test="model-6", min_ratio={"other": 0.8}).status == "error"


def test_an_empty_group_of_fairlearn_is_no_pass() -> None:
    frame = metric_frame(Frame({"recall": [0.0, math.nan]}), Frame({"recall": [1.0, math.nan]}))
    assert result_of_metric_frame(frame, test="model-6", max_difference={"recall": 0.2}).status == "error"


class Cases(list[dict[str, Any]]):
    """As the `failure_cases` of pandera: a polars frame, which has `to_dicts`."""

    columns = ("column", "check", "failure_case")

    def to_dict(self) -> None:
        raise AssertionError("polars frames are read by to_dicts")

    def to_dicts(self) -> list[dict[str, Any]]:
        return list(self)


class SchemaErrors(Exception):
    failure_cases = Cases([{"column": "age", "check": "ge(0)", "failure_case": value} for value in (-17, -18)])


class Schema:
    """As a schema of pandera: `validate` raises or does not."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def validate(self, data: object, *, lazy: bool) -> object:
        assert lazy
        if self.error:
            raise self.error
        return data


def test_a_validation_of_pandera() -> None:
    assert result_of_validation(Schema(None), [], test="data-1").status == "passed"
    broken = result_of_validation(Schema(SchemaErrors()), [], test="data-1")
    assert (broken.status, broken.metrics) == ("failed", {"failure_cases": 2})
    assert broken.message == "age: ge(0) (2)"
    crashed = result_of_validation(Schema(TypeError("row 17 of Mr Smith")), [], test="data-1")
    assert crashed.status == "error"
    assert "Smith" not in (crashed.message or "")
    assert result_of_error(None, test="data-1").status == "passed"


@pytest.mark.parametrize(
    ("reasons", "status"), [(["CHECK_ERROR"], "error"), (["CHECK_ERROR", "DATAFRAME_CHECK"], "failed")]
)
def test_a_check_of_pandera_that_crashes_judges_nothing(reasons: list[str], status: str) -> None:
    error = SchemaErrors()
    error.schema_errors = [SimpleNamespace(reason_code=SimpleNamespace(name=reason)) for reason in reasons]  # type: ignore[attr-defined]
    error.failure_cases = Cases([{"column": math.nan, "check": "column_in_dataframe", "failure_case": "age"}])
    result = result_of_error(error, test="data-1")
    assert (result.status, result.message) == (status, "the frame: column_in_dataframe (1)")
