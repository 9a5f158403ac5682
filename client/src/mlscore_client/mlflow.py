"""Results from MLflow: a run's metrics against thresholds, with the registered model's version as provenance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from mlscore_client.results import LONGEST_NAME, Result, shortened
from mlscore_client.thresholds import Limit, judge, numbers


def result_of_run(
    run: Any,
    *,
    test: str,
    thresholds: Mapping[str, Limit],
    check: str | None = None,
    model_version: Any = None,
    **values: Any,
) -> Result:
    """What an `mlflow.entities.Run` shows for `test`: `result_of_run(run, test="model-3", thresholds={"auc": ">= 0.8"})`.

    `model_version`: a text, or an `mlflow.entities.model_registry.ModelVersion`, named as `name/version`. Further values go
    into the result. The MLflow run is the result's run, its end the moment; a metric that is missing is an error, and so
    is a run that did not finish. ValueError for a threshold that is none.
    """
    metrics = dict(run.data.metrics)
    verdict = judge(metrics, thresholds)
    status, message = verdict.status, verdict.message
    if run.info.status != "FINISHED" and status == "passed":
        status, message = "error", f"the run is {run.info.status}, not FINISHED"
    told = {name: metrics[name] for name in [*thresholds, *metrics] if name in metrics}
    defaults = {
        "run_id": f"mlflow/{run.info.run_id}",
        "observed_at": moment(run.info.end_time),
        "message": message,
        "metrics": numbers(told),
    }
    return Result(
        test=test, status=status, check=check, model_version=version_name(model_version), **{**defaults, **values}
    )


def version_name(model_version: Any) -> str | None:
    """`name/version` of a registered model's version; a text stays as it is."""
    if model_version is None:
        return None
    name = getattr(model_version, "name", None)
    text = str(model_version) if name is None else f"{name}/{model_version.version}"
    return shortened(text, LONGEST_NAME)


def moment(milliseconds: int | None) -> datetime | None:
    """An instant of MLflow, which counts milliseconds since 1970, in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
