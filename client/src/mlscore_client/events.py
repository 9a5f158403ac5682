"""A release or a note for a system's timeline, as a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from mlscore_client.ci.place import digest
from mlscore_client.environment import Provenance
from mlscore_client.requests import Request
from mlscore_client.results import LONGEST_NAME, instant_text, shortened

KINDS = ("release", "note")


def event_request(
    system: str, kind: str, title: str, *, given: Mapping[str, str | None], at: datetime | None, place: Provenance
) -> Request:
    """The request that records it: what `given` leaves open comes from `place`.

    `given` holds fields of the API by name. Unless it names one, the event's id follows from the run, the kind and the title,
    so that a repeated call in one job is the same event, and another title another one.
    """
    event = {
        "kind": kind,
        "title": title,
        "event_id": shortened(f"{place.run_id}/{kind}/{digest(title)}", LONGEST_NAME),
        "commit": place.commit,
        "model_version": place.model_version,
        "url": place.url,
        **{name: value for name, value in given.items() if value},
        "at": instant_text(at) if at else None,
    }
    body = json.dumps({name: value for name, value in event.items() if value is not None}).encode()
    return Request("POST", f"/api/v1/systems/{system}/events/", body=body, label=f"the {kind} {title}")
