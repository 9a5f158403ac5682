"""Where a pipeline runs, read from what its CI puts into the environment.

A run id names workflow, job, matrix index and attempt, so that a re-run is a new run and two shards do not collide; it holds
nothing that differs between two calls in one job, so that a repeated call is not a run.
"""

from __future__ import annotations

import hashlib
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Callable

from mlscore_client.ci import airflow, azure, buildkite, circleci, github, gitlab, jenkins, kubeflow
from mlscore_client.ci.place import Place
from mlscore_client.results import LONGEST_NAME, shortened

LONGEST_URL = 2000

# The orchestrators first: a task of Airflow or Kubeflow may run on a machine of a CI, never the other way round.
DETECTORS: tuple[Callable[[Mapping[str, str]], Place | None], ...] = (
    airflow.place,
    kubeflow.place,
    github.place,
    gitlab.place,
    azure.place,
    circleci.place,
    buildkite.place,
    jenkins.place,
)


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from; the fields of a result that it fills."""

    run_id: str
    commit: str | None = None
    branch: str | None = None
    pipeline: str | None = None
    url: str | None = None
    model_version: str | None = None
    dataset_version: str | None = None

    def fields(self) -> dict[str, str | None]:
        return dict(vars(self))


def provenance(environ: Mapping[str, str]) -> Provenance:
    """What the environment says: MLSCORE_RUN_ID, MLSCORE_COMMIT, ..., then the CI's own variables.

    Outside any CI a run id is made up, another one at each call. MLSCORE_SHARD tells the shards of a matrix apart where the
    CI does not.
    """
    found = next((place for place in (detect(environ) for detect in DETECTORS) if place is not None), None)
    base = of_place(found, environ.get("MLSCORE_SHARD")) if found else Provenance(f"local/{host()}/{uuid.uuid4()}")
    told = {name: environ.get("MLSCORE_" + name.upper()) for name in base.fields()}
    # MLSCORE_URL is the server's address, not the run's.
    told["url"] = environ.get("MLSCORE_RUN_URL")
    named = {name: value for name, value in told.items() if value}
    whole = replace(base, **named)
    limited = {
        name: shortened(value, LONGEST_NAME) for name, value in whole.fields().items() if value and name != "url"
    }
    return replace(whole, **limited, url=web_address(whole.url))


def of_place(place: Place, shard: str | None) -> Provenance:
    """The provenance of a job; parts of its name that are empty are left out of the run id."""
    parts = [place.system, place.workflow, place.run, place.job, shard or place.shard, place.attempt]
    return Provenance(
        run_id="/".join(part for part in parts if part),
        commit=place.commit or None,
        branch=place.branch or None,
        pipeline=place.pipeline or None,
        url=place.url,
    )


def web_address(url: str | None) -> str | None:
    """The address where the API can take it, else None: it must be http or https, and not too long."""
    usable = url and len(url) <= LONGEST_URL and url.startswith(("http://", "https://"))
    return url if usable else None


def host() -> str:
    """A short digest of this machine's name: enough to tell two apart, without telling the name."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
