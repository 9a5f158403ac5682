"""Jenkins."""

from __future__ import annotations

from collections.abc import Mapping

from mlscore_client.ci.place import Place, joined


def place(environ: Mapping[str, str]) -> Place | None:
    """The stage of a build, or None outside Jenkins. A rebuild has another number; parallel cells have other executors."""
    if not environ.get("JENKINS_URL") and not (environ.get("BUILD_TAG") and environ.get("JOB_NAME")):
        return None
    job = environ.get("JOB_NAME", "")
    return Place(
        system="jenkins",
        workflow=job,
        run=environ.get("BUILD_NUMBER", ""),
        job=environ.get("STAGE_NAME", ""),
        attempt="",
        shard=joined(environ.get("NODE_NAME", ""), environ.get("EXECUTOR_NUMBER", ""), by="-"),
        commit=environ.get("GIT_COMMIT"),
        branch=branch(environ),
        pipeline=job,
        url=environ.get("BUILD_URL"),
    )


def branch(environ: Mapping[str, str]) -> str | None:
    """The branch; of a pull request its source, with the fork it comes from; without the name of the remote."""
    source = environ.get("CHANGE_BRANCH")
    if source:
        fork = environ.get("CHANGE_FORK")
        return f"{fork}:{source}" if fork else source
    if environ.get("TAG_NAME"):
        return None
    local = environ.get("BRANCH_NAME") or environ.get("GIT_LOCAL_BRANCH")
    if local:
        return local
    remote = environ.get("GIT_BRANCH")
    return remote.partition("/")[2] if remote and remote.startswith("origin/") else remote
