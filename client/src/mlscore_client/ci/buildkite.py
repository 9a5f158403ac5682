"""Buildkite."""

from __future__ import annotations

from collections.abc import Mapping

from mlscore_client.ci.place import Place, first, joined


def place(environ: Mapping[str, str]) -> Place | None:
    """The job, or None outside Buildkite. A retried job has another BUILDKITE_JOB_ID: that is its attempt."""
    if environ.get("BUILDKITE") != "true":
        return None
    slug = joined(environ.get("BUILDKITE_ORGANIZATION_SLUG", ""), environ.get("BUILDKITE_PIPELINE_SLUG", ""))
    build_url, job_id = environ.get("BUILDKITE_BUILD_URL"), environ.get("BUILDKITE_JOB_ID", "")
    return Place(
        system="buildkite",
        workflow=slug,
        run=environ.get("BUILDKITE_BUILD_NUMBER", ""),
        job=first(environ, "BUILDKITE_STEP_KEY", "BUILDKITE_LABEL", "BUILDKITE_STEP_ID"),
        attempt=joined(job_id, environ.get("BUILDKITE_RETRY_COUNT", ""), by="."),
        shard=environ.get("BUILDKITE_PARALLEL_JOB", ""),
        commit=environ.get("BUILDKITE_COMMIT"),
        branch=branch(environ),
        pipeline=slug,
        url=f"{build_url}#{job_id}" if build_url and job_id else build_url,
    )


def branch(environ: Mapping[str, str]) -> str | None:
    """The branch, marked when a pull request brings it from another repository; None for a tag."""
    if environ.get("BUILDKITE_TAG"):
        return None
    name, source = environ.get("BUILDKITE_BRANCH"), environ.get("BUILDKITE_PULL_REQUEST_REPO")
    foreign = source and repository(source) != repository(environ.get("BUILDKITE_REPO", ""))
    return f"fork:{name}" if name and foreign and ":" not in name else name


def repository(address: str) -> str:
    """`owner/name` of a git address, whatever its protocol."""
    path = address.rstrip("/").replace(":", "/").rsplit("/", 2)[-2:]
    return "/".join(path)[: -len(".git")] if address.endswith(".git") else "/".join(path)
