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
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
    workflow = environ.get("GITHUB_WORKFLOW", "")
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return Place(
        system="github",
        workflow=joined(repository, workflow),
        run=run,
        job=environ.get("GITHUB_JOB", ""),
        attempt=attempt,
        shard=digest(first(environ, "RUNNER_TRACKING_ID", "RUNNER_NAME")),
        commit=environ.get("GITHUB_SHA"),
        branch=branch(environ),
        pipeline=joined(workflow, environ.get("GITHUB_JOB", "")),
        url=f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}" if repository and run else None,
    )


def branch(environ: Mapping[str, str]) -> str | None:
    """The branch; of a pull request its source, which bears the owner's name when it comes from a fork."""
    head = environ.get("GITHUB_HEAD_REF")
    if head:
        return head if not (fork := fork_of(environ)) else f"{fork}:{head}"
    ref = environ.get("GITHUB_REF", "")
    return branch_of_ref(ref) if ref else environ.get("GITHUB_REF_NAME")


def fork_of(environ: Mapping[str, str]) -> str | None:
    """The owner of the fork that a pull request comes from: its `main` is not the repository's own."""
    try:
        event: Any = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        full_name = event["pull_request"]["head"]["repo"]["full_name"]
        return None if full_name == environ.get("GITHUB_REPOSITORY") else str(full_name).partition("/")[0]
    except (OSError, ValueError, KeyError, TypeError):
        return None
