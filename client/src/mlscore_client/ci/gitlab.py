"""GitLab CI."""

from __future__ import annotations

from collections.abc import Mapping

from mlscore_client.ci.place import Place, first, joined


def place(environ: Mapping[str, str]) -> Place | None:
    """The job, or None outside GitLab CI. A retried job has another CI_JOB_ID: that is its attempt."""
    if not environ.get("GITLAB_CI"):
        return None
    project, job = environ.get("CI_PROJECT_PATH", ""), environ.get("CI_JOB_NAME", "")
    return Place(
        system="gitlab",
        workflow=project,
        run=environ.get("CI_PIPELINE_ID", ""),
        job=job,
        attempt=environ.get("CI_JOB_ID", ""),
        shard=environ.get("CI_NODE_INDEX", ""),
        # Of merged results, CI_COMMIT_SHA is a commit that nobody will find again.
        commit=first(environ, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"),
        branch=branch(environ),
        pipeline=joined(project, job),
        url=environ.get("CI_JOB_URL"),
    )


def branch(environ: Mapping[str, str]) -> str | None:
    """The branch; of a merge request its source, with the project it comes from when that is a fork; None for a tag."""
    source = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
    if source:
        project = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
        own = project in (None, environ.get("CI_PROJECT_PATH"), environ.get("CI_MERGE_REQUEST_PROJECT_PATH"))
        return source if own else f"{project}:{source}"
    if environ.get("CI_COMMIT_TAG"):
        return None
    return environ.get("CI_COMMIT_BRANCH") or environ.get("CI_COMMIT_REF_NAME")
