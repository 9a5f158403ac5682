"""Results: what pipelines post, what the answer tells, and how stored ones are listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from accounts.models import Token
from api.instants import write_instant, write_optional
from api.parsing import parse
from api.problems import Fault, pointer_to
from api.resources.components import BY_CATEGORY, INSTANT, LEVEL, POINTS, TEXT, array, optional, record
from api.resources.limits import (
    LONGEST_CHECK,
    LONGEST_MESSAGE,
    LONGEST_METRIC,
    LONGEST_PROVENANCE,
    LONGEST_RUN_ID,
    LONGEST_SLUG,
    LONGEST_TEST,
    MOST_METRICS,
    MOST_RESULTS,
)
from api.resources.plain_results import read_plain
from api.shapes import Choice, Field, Instant, ListOf, MapOf, Number, Record, Schema, Text, WebAddress, nullable
from assessments.instants import within_reason
from evidence.metrics import shortest
from evidence.models import Result, Status
from evidence.posting import PROVENANCE, Outcome, PostedResult, SystemOutcome
from evidence.posting import Fault as DomainFault
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.scoring import number
from rubric.timeline import Levels
from scores.reading import score_of
from scores.score import Score

LATE = timedelta(days=1)
EVER = datetime.min.replace(tzinfo=UTC)  # a score in short does not say of what instant it is
UNREADABLE = "\x01unreadable"  # stands for a name that was at fault: no stored name equals it

RESULT = Record(
    {
        "system": Field(Text(LONGEST_SLUG, 1, description="A slug; may be left out with a token bound to one system.")),
        "test": Field(Text(LONGEST_TEST, 1, description="The key of a test, such as data-1."), required=True),
        "run_id": Field(Text(LONGEST_RUN_ID, 1, description="The pipeline's own id for this run."), required=True),
        "status": Field(Choice(Status.values), required=True),
        "check": Field(Text(LONGEST_CHECK, 1, description="Default: the test's key.")),
        "observed_at": Field(
            Instant("Default: the time of receipt. At most 5 minutes in the future, not before the year 2000.")
        ),
        "message": Field(Text(LONGEST_MESSAGE)),
        "url": Field(WebAddress()),
        **{name: Field(Text(LONGEST_PROVENANCE)) for name in PROVENANCE},
        "metrics": Field(MapOf(Number(), MOST_METRICS, LONGEST_METRIC)),
    }
)
BATCH = Record({"results": Field(ListOf(RESULT, MOST_RESULTS, 1), required=True)})
REQUEST: Schema = {"oneOf": [RESULT.schema, BATCH.schema]}


class Posting:
    """A body of one or many results, read against its shape.

    `results` are what the domain is to record. Where `faults` were found, they stand for what could be read, so that the
    domain can find what else is at fault; they must not be recorded then.
    """

    def __init__(self, body: bytes, token: Token, received_at: datetime) -> None:
        """Raises Problem (400) for a body that is no JSON object."""
        self.token = token
        self.received_at = received_at
        self.faults: list[Fault] = []
        plain = read_plain(body, token, received_at)
        if plain is not None:
            self.results, self.batched = plain
        else:
            document = parse(body)
            self.batched = "results" in document
            self.results = [self._result(index, item) for index, item in enumerate(self._items(document))]

    def pointer(self, index: int, field: str | None) -> str:
        """Where in the body the field of an item stands, or the item itself."""
        start = f"/results/{index}" if self.batched else ""
        return start if field is None else pointer_to(field, start=start)

    def faults_besides(self, found: Sequence[DomainFault]) -> list[Fault]:
        """What the domain found at fault, in words of the body; names that are at fault already are passed over."""
        return [
            Fault(fault.detail, self.pointer(fault.index, fault.field))
            for fault in found
            if fault.field is None or getattr(self.results[fault.index], fault.field) != UNREADABLE
        ]

    def _items(self, document: dict[str, Any]) -> list[Any]:
        if not self.batched:
            return [document]
        for name in document.keys() - {"results"}:
            self.faults.append(Fault("Unknown field.", pointer_to(name)))
        items = document["results"]
        if not isinstance(items, list) or not 1 <= len(items) <= MOST_RESULTS:
            self.faults.append(Fault(f"An array of 1 to {MOST_RESULTS} results.", "/results"))
            return []
        return items

    def _result(self, index: int, item: Any) -> PostedResult:
        here = self.pointer(index, None)
        known = len(self.faults)
        given = RESULT.read(item, here, self.faults) or {}
        if "system" not in given:
            given["system"] = self._own_system(item, here)
        self._check_time(given, here)
        if len(self.faults) > known:
            test = given.setdefault("test", UNREADABLE)
            given.setdefault("status", Status.SKIPPED)
            given.setdefault("run_id", f"{UNREADABLE}{index}")
            if test is UNREADABLE or (isinstance(item, dict) and item.get("check") is not None):
                given.setdefault("check", f"{UNREADABLE}{index}")
        given.setdefault("check", given["test"])
        return PostedResult(**given)

    def _own_system(self, item: Any, here: str) -> str:
        """The slug of the system that the token is bound to, where the item may leave it out."""
        if isinstance(item, dict) and item.get("system") is None:
            if self.token.system is not None:
                return self.token.system.slug
            self.faults.append(Fault("Required, as this token is not bound to one system.", f"{here}/system"))
        return UNREADABLE

    def _check_time(self, given: dict[str, Any], here: str) -> None:
        at = given.get("observed_at")
        if at is not None and not within_reason(at, self.received_at):
            detail = "At most 5 minutes in the future, and not before the year 2000."
            self.faults.append(Fault(detail, f"{here}/observed_at"))
            del given["observed_at"]


SUMMARY: Schema = record(
    {
        "score": POINTS,
        "claimed": POINTS,
        "verified": POINTS,
        "band": optional(TEXT),
        "limiting": array(TEXT),
        "categories": BY_CATEGORY,
    },
    "A score in short.",
)
CHANGED: Schema = record({"test": TEXT, "from": LEVEL, "to": LEVEL})
OUTCOME: Schema = record(
    {
        "accepted": {"type": "integer"},
        "duplicates": {"type": "integer"},
        "systems": array(
            record(
                {
                    "system": TEXT,
                    "before": {"$ref": "#/components/schemas/Summary"},
                    "after": {"$ref": "#/components/schemas/Summary"},
                    "changed": array(CHANGED),
                }
            )
        ),
    },
    "What a posting did: scores before and after, as of the time of receipt.",
)


def show_outcome(outcome: Outcome, at: datetime) -> dict[str, Any]:
    """The answer to a posting received at `at`."""
    return {
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "systems": [_show_system(each, at) for each in outcome.systems],
    }


def _show_system(outcome: SystemOutcome, at: datetime) -> dict[str, Any]:
    rubric = builtin()[outcome.system.edition_at(at)]
    claims = outcome.claims
    claimed = frozenset(claims.levels.items()) if claims else frozenset()
    before, shown_before = _summed_up(rubric, claimed, frozenset(outcome.verified_before.items()))
    if outcome.verified_after == outcome.verified_before:
        return {"system": outcome.system.slug, "before": shown_before, "after": shown_before, "changed": []}
    after, shown_after = _summed_up(rubric, claimed, frozenset(outcome.verified_after.items()))
    return {
        "system": outcome.system.slug,
        "before": shown_before,
        "after": shown_after,
        "changed": _changed(rubric, before, after),
    }


Held = frozenset[tuple[str, Level]]


@lru_cache(maxsize=512)  # a system that is kept fresh stays at its levels
def _summed_up(rubric: Rubric, claimed: Held, verified: Held) -> tuple[dict[str, Level], dict[str, Any]]:
    """What is credited for these levels, and the score that they make, in short: for reading alone."""
    levels = Levels(dict(claimed), dict(verified))
    return levels.credited, show_summary(score_of(rubric, levels, EVER))


def show_summary(score: Score) -> dict[str, Any]:
    """A score in short."""
    return {
        "score": number(score.score.score),
        "claimed": number(score.claimed.score),
        "verified": number(score.verified.score),
        "band": score.band.key if score.band else None,
        "limiting": list(score.score.limiting),
        "categories": {key: number(points) for key, points in score.score.categories.items()},
    }


def _changed(rubric: Rubric, before: dict[str, Level], after: dict[str, Level]) -> list[dict[str, str]]:
    """The tests whose level differs, in the rubric's order."""
    levels = ((test, before.get(test, Level.NONE), after.get(test, Level.NONE)) for test in rubric.tests)
    return [{"test": test, "from": old.key, "to": new.key} for test, old, new in levels if old is not new]


STORED: Schema = record(
    {
        "id": {"type": "integer"},
        "system": TEXT,
        "test": TEXT,
        "check": TEXT,
        "run_id": TEXT,
        "status": Choice(Status.values).schema,
        "observed_at": INSTANT,
        "received_at": INSTANT,
        "late": {"type": "boolean", "description": "Received over a day after it was observed."},
        "message": optional(TEXT),
        "url": optional(TEXT),
        **{name: nullable(TEXT) for name in PROVENANCE},
        "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
        "voided": {"type": "boolean", "description": "It counts nothing, at any time."},
        "voided_at": optional(INSTANT),
        "voided_by": optional(TEXT),
        "void_reason": optional(TEXT),
    },
    "A result as it was posted; null is what was left out.",
)


def show_result(result: Result, system: str) -> dict[str, Any]:
    """A stored result; its check must be loaded. `system` is the slug of its system."""
    return {
        "id": result.pk,
        "system": system,
        "test": result.check_of.test,
        "check": result.check_of.name,
        "run_id": result.run_id,
        "status": result.status,
        "observed_at": write_instant(result.observed_at),
        "received_at": write_instant(result.received_at),
        "late": result.received_at - result.observed_at > LATE,
        "message": result.message or None,
        "url": result.url or None,
        **{name: getattr(result, name) or None for name in PROVENANCE},
        "metrics": shortest(result.metrics),
        "voided": result.voided_at is not None,
        "voided_at": write_optional(result.voided_at),
        "voided_by": result.voided_by or None,
        "void_reason": result.void_reason or None,
    }
