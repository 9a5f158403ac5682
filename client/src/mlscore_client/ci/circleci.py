"""CircleCI."""

from __future__ import annotations

from collections.abc import Mapping

from mlscore_client.ci.place import Place, joined


def place(environ: Mapping[str, str]) -> Place | None:
    """The job, or None outside CircleCI. Each job, re-run or not, has a build number: that is its attempt."""
    if environ.get("CIRCLECI") != "true":
        return None
    job = environ.get("CIRCLE_JOB", "")
    project = joined(environ.get("CIRCLE_PROJECT_USERNAME", ""), environ.get("CIRCLE_PROJECT_REPONAME", ""))
    return Place(
        system="circleci",
        workflow=project,
        run=environ.get("CIRCLE_WORKFLOW_ID", ""),
        job=job,
        attempt=environ.get("CIRCLE_BUILD_NUM", ""),
        shard=environ.get("CIRCLE_NODE_INDEX", ""),
        commit=environ.get("CIRCLE_SHA1"),
        branch=branch(environ),
        pipeline=joined(project, job),
        url=environ.get("CIRCLE_BUILD_URL"),
    )


def branch(environ: Mapping[str, str]) -> str | None:
    """The branch, with the owner of the fork that a pull request comes from; None for a tag."""
    name, owner = environ.get("CIRCLE_BRANCH"), environ.get("CIRCLE_PR_USERNAME")
    foreign = owner and owner != environ.get("CIRCLE_PROJECT_USERNAME")
    return f"{owner}:{name}" if name and foreign else name
