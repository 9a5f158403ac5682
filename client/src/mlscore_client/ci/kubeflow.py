"""Kubeflow Pipelines: the variables of a step's pod."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlscore_client.ci.place import Place, first

# A pod is named after its workflow, which bears a random suffix, and its node.
_POD = re.compile(r"(?P<workflow>.+?)-(?P<run>[a-z0-9]{5})-(?P<node>.+)")


def place(environ: Mapping[str, str]) -> Place | None:
    """The step, or None outside a pod of Kubeflow. A retried step is another pod: that is its attempt.

    KFP_RUN_ID is there where the pipeline passes it (`dsl.PIPELINE_JOB_ID_PLACEHOLDER`); else the pod's name stands in.
    """
    pod = first(environ, "KFP_POD_NAME", "ARGO_POD_NAME")
    if not pod and not environ.get("KFP_RUN_ID"):
        return None
    named = _POD.fullmatch(pod)
    workflow = first(environ, "KFP_PIPELINE_NAME", "KFP_RUN_NAME") or (named["workflow"] if named else "")
    return Place(
        system="kubeflow",
        workflow=workflow,
        run=environ.get("KFP_RUN_ID") or (named["run"] if named else pod),
        job=first(environ, "KFP_TASK_NAME", "KFP_COMPONENT_NAME"),
        attempt=first(environ, "KFP_POD_UID", "KFP_POD_NAME", "ARGO_POD_NAME"),
        pipeline=workflow or None,
        url=environ.get("KFP_RUN_URL"),
    )
