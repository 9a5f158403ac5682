"""Azure Pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from mlscore_client.ci.place import Place, branch_of_ref, first, joined


def place(environ: Mapping[str, str]) -> Place | None:
    """The job, or None outside Azure Pipelines. Stages and jobs are attempted separately: both counts are the attempt."""
    if environ.get("TF_BUILD", "").lower() != "true":
        return None
    project, pipeline = environ.get("SYSTEM_TEAMPROJECT", ""), environ.get("BUILD_DEFINITIONNAME", "")
    build = environ.get("BUILD_BUILDID", "")
    server = first(environ, "SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI").rstrip("/")
    return Place(
        system="azure",
        workflow=joined(project, pipeline),
        run=build,
        job=joined(environ.get("SYSTEM_STAGENAME", ""), first(environ, "SYSTEM_PHASENAME", "SYSTEM_JOBNAME")),
        attempt=joined(environ.get("SYSTEM_STAGEATTEMPT", ""), environ.get("SYSTEM_JOBATTEMPT", "1"), by="."),
        # The name of a matrix job is its own; its position tells the slices of `parallel` apart.
        shard=joined(environ.get("SYSTEM_JOBNAME", ""), environ.get("SYSTEM_JOBPOSITIONINPHASE", ""), by="-"),
        commit=first(environ, "SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION") or None,
        branch=branch(environ),
        pipeline=joined(project, pipeline),
        url=f"{server}/{quote(project)}/_build/results?buildId={build}" if server and project and build else None,
    )


def branch(environ: Mapping[str, str]) -> str | None:
    """The branch; of a pull request its source, marked when it comes from a fork; None for a tag."""
    source = environ.get("SYSTEM_PULLREQUEST_SOURCEBRANCH")
    if source:
        name = branch_of_ref(source) or source
        return f"fork:{name}" if environ.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true" else name
    return branch_of_ref(environ.get("BUILD_SOURCEBRANCH", ""))
