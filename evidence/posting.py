"""What a pipeline posts, and what an answer tells of it: plain values between the API and `evidence.recording`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import msgspec

from assessments.models import System
from rubric.levels import Level
from rubric.timeline import Claims

PROVENANCE = ("commit", "branch", "pipeline", "model_version", "dataset_version")
TEXTS = ("status", "message", "url", *PROVENANCE)


class PostedResult(msgspec.Struct, frozen=True, gc=False):
    """One result as posted, its form checked. `observed_at` None means the time of receipt; texts left out are ''.

    A compiled structure: a posting makes a thousand at once.
    """

    system: str
    test: str
    run_id: str
    status: str
    check: str
    observed_at: datetime | None = None
    message: str = ""
    url: str = ""
    commit: str = ""
    branch: str = ""
    pipeline: str = ""
    model_version: str = ""
    dataset_version: str = ""
    metrics: dict[str, int | float] = msgspec.field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str]:
        """With the system, a result's identity."""
        return (self.check, self.run_id)

    def says_the_same_as(self, other: PostedResult | Content, observed_at: datetime) -> bool:
        """Whether this repeats what was recorded, at that instant: all by value, and the instant only if it is given."""
        if self.observed_at is not None and self.observed_at != observed_at:
            return False
        if _numbers(self.metrics) != _numbers(other.metrics):
            return False
        return all(getattr(self, name) == getattr(other, name) for name in TEXTS)


@dataclass(frozen=True, slots=True)
class Content:
    """What a stored result says, but for when and by what check."""

    status: str
    message: str
    url: str
    commit: str
    branch: str
    pipeline: str
    model_version: str
    dataset_version: str
    metrics: dict[str, int | float]


def _numbers(metrics: dict[str, int | float]) -> dict[str, Decimal]:
    """Numbers by their decimal value, which both databases' JSON keeps."""
    return {name: Decimal(repr(value)) for name, value in metrics.items()}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the posted item at `index`; `field` is None when it is the item as a whole."""

    index: int
    field: str | None
    detail: str


class PostingError(Exception):
    """A posting that stores nothing, with every fault that was found."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults


class PostingRefused(PostingError):
    """An item is at fault (400)."""


class PostingConflict(PostingError):
    """Other content under an identity that is taken (409)."""


@dataclass(frozen=True, slots=True)
class SystemOutcome:
    """What a posting did to one system: the verified levels before and after, as of the time of receipt.

    `failing` and `recovered` name the checks whose health it turned.
    """

    system: System
    claims: Claims | None
    verified_before: dict[str, Level]
    verified_after: dict[str, Level]
    failing: list[str] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a posting: counts, and the systems in order of first mention."""

    accepted: int
    duplicates: int
    systems: list[SystemOutcome]
