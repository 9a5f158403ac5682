"""Airflow: the variables that it sets around a task."""

from __future__ import annotations

from collections.abc import Mapping

from mlscore_client.ci.place import Place, joined

UNMAPPED = "-1"


def place(environ: Mapping[str, str]) -> Place | None:
    """The task, or None outside one. A cleared or retried task has another try number."""
    dag, run = environ.get("AIRFLOW_CTX_DAG_ID", ""), environ.get("AIRFLOW_CTX_DAG_RUN_ID", "")
    if not dag:
        return None
    task, index = environ.get("AIRFLOW_CTX_TASK_ID", ""), environ.get("AIRFLOW_CTX_MAP_INDEX", "")
    return task_place(dag, run, task, environ.get("AIRFLOW_CTX_TRY_NUMBER", ""), index)


def task_place(dag: str, run: str, task: str, attempt: str, index: str, url: str | None = None) -> Place:
    """The place of one try of a task, mapped or not."""
    return Place(
        system="airflow",
        workflow=dag,
        run=run,
        job=task,
        attempt=attempt,
        shard="" if index == UNMAPPED else index,
        pipeline=joined(dag, task),
        url=url,
    )
