"""GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlscore_client.ci.place import Place, branch_of_ref, digest, first, joined


def place(environ: Mapping[str, str]) -> Place | None:
    """The job, or None outside GitHub Actions.

    The index of a matrix job is no environment variable: the composite action passes it as MLSCORE_SHARD. Elsewhere the
    runner's own identifier of the job stands in for it.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    repository, run = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_RUN_ID", "")
    attempt, head = environ.get("GITHUB_RUN_ATTEMPT", "1"), head_of(environ)
    workflow = environ.get("GITHUB_WORKFLOW", "")
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return Place(
        system="github",
        workflow=joined(repository, workflow),
        run=run,
        job=environ.get("GITHUB_JOB", ""),
        attempt=attempt,
        shard=digest(first(environ, "RUNNER_TRACKING_ID", "RUNNER_NAME")),
        # Of a pull request, GITHUB_SHA is a merge that nobody will find again.
        commit=head.get("sha") or environ.get("GITHUB_SHA"),
        branch=branch(environ, head),
        pipeline=joined(workflow, environ.get("GITHUB_JOB", "")),
        url=f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}" if repository and run else None,
    )


def branch(environ: Mapping[str, str], head: Mapping[str, Any]) -> str | None:
    """The branch; of a pull request its source, which bears the owner's name when it comes from a fork.

    A fork's `main` is not the repository's own.
    """
    source = environ.get("GITHUB_HEAD_REF")
    if not source:
        ref = environ.get("GITHUB_REF", "")
        return branch_of_ref(ref) if ref else environ.get("GITHUB_REF_NAME")
    repository = (head.get("repo") or {}).get("full_name") or environ.get("GITHUB_REPOSITORY", "")
    return source if repository == environ.get("GITHUB_REPOSITORY") else f"{repository.partition('/')[0]}:{source}"


def head_of(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the event says of the source of a pull request; empty for another event, or where it cannot be read."""
    try:
        event: Any = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        head = event["pull_request"]["head"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return head if isinstance(head, dict) else {}
