"""Callbacks that report how an Airflow task ended to MLScore. Copy this file beside your DAGs.

    from mlscore_callbacks import mlscore_callbacks

    PythonOperator(task_id="check_features", python_callable=check, **mlscore_callbacks("data-1"))

MLSCORE_URL, MLSCORE_TOKEN and MLSCORE_SYSTEM are environment variables of the workers; MLSCORE_SPOOL keeps what got no
answer. A callback never fails its task: what goes wrong is in the task's log.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Callable

from mlscore_client import Client, MlscoreError, Result
from mlscore_client.ci.airflow import task_place
from mlscore_client.environment import of_place
from mlscore_client.settings import read_settings

logger = logging.getLogger(__name__)

Callback = Callable[[dict[str, Any]], None]


def mlscore_callbacks(test: str, check: str | None = None, system: str | None = None) -> dict[str, Callback]:
    """The arguments of an operator that make its outcome a result of `test`; the check is `DAG.TASK` unless named.

    A try that is to be retried counts too: a check that needed a second try failed once.
    """

    def report(status: str) -> Callback:
        return lambda context: post(context, test=test, status=status, check=check, system=system)

    failed = report("failed")
    return {"on_success_callback": report("passed"), "on_failure_callback": failed, "on_retry_callback": failed}


def post(context: dict[str, Any], *, test: str, status: str, check: str | None, system: str | None) -> None:
    """Post the outcome of one try of a task. Logs whatever goes wrong."""
    task = context["ti"]
    index = "" if task.map_index is None else str(task.map_index)
    log = getattr(task, "log_url", None)
    place = task_place(task.dag_id, task.run_id, task.task_id, str(task.try_number), index, log)
    raised = context.get("exception")
    result = Result(
        test=test,
        status=status,
        check=check or f"{task.dag_id}.{task.task_id}",
        message=f"{type(raised).__name__}: {raised}" if raised else None,
    )
    try:
        delivery = Client(read_settings(os.environ, system=system), of_place(place, None)).post([result])
    except MlscoreError as error:
        logger.warning("Not posted to MLScore: %s", error)
        return
    if delivery.outage is not None:
        logger.warning("Kept for later: %s", delivery.outage)
