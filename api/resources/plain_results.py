"""Reading a posting that is plainly in order, at the speed of a compiled decoder.

It takes less than the shapes of `api.resources.results` take, and never anything else: whatever is unusual is left to them,
and so is every error. A test holds both against each other.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import DecodeError, Meta
from msgspec.json import Decoder

from accounts.models import Token
from api.instants import read_instant
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
from assessments.instants import within_reason
from assessments.links import is_link
from evidence.posting import PostedResult

Provenance = Annotated[str, Meta(max_length=LONGEST_PROVENANCE)]
# Whole numbers of 64 bits at most, which the decoder reads as Python does.
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Item(TypedDict):
    """A result without nulls."""

    system: NotRequired[Annotated[str, Meta(min_length=1, max_length=LONGEST_SLUG)]]
    test: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEST)]
    run_id: Annotated[str, Meta(min_length=1, max_length=LONGEST_RUN_ID)]
    status: Literal["passed", "failed", "error", "skipped"]
    check: NotRequired[Annotated[str, Meta(min_length=1, max_length=LONGEST_CHECK)]]
    observed_at: NotRequired[str]
    message: NotRequired[Annotated[str, Meta(max_length=LONGEST_MESSAGE)]]
    url: NotRequired[str]
    commit: NotRequired[Provenance]
    branch: NotRequired[Provenance]
    pipeline: NotRequired[Provenance]
    model_version: NotRequired[Provenance]
    dataset_version: NotRequired[Provenance]
    metrics: NotRequired[
        Annotated[dict[Annotated[str, Meta(max_length=LONGEST_METRIC)], Whole | float], Meta(max_length=MOST_METRICS)]
    ]


class Items(TypedDict):
    results: Annotated[list[Item], Meta(min_length=1, max_length=MOST_RESULTS)]


BATCH_BEGINS = re.compile(rb'\s*\{\s*"results"')
ESCAPED_NUL = b"\\u0000"
_batch: Decoder[Items] = Decoder(Items)
_single: Decoder[Item] = Decoder(Item)


def read_plain(body: bytes, token: Token, received_at: datetime) -> tuple[list[PostedResult], bool] | None:
    """The results that a body posts, and whether it is a batch; None for what needs a closer look."""
    batched = BATCH_BEGINS.match(body) is not None
    if ESCAPED_NUL in body:
        return None
    try:
        items = _batch.decode(body)["results"] if batched else [_single.decode(body)]
    except (DecodeError, UnicodeDecodeError):
        return None
    # The decoder passes over unknown members and repeated ones; then the body has more of them than were read.
    members = sum([len(item) + len(item.get("metrics", ())) for item in items]) + batched
    if _members(body) != members:
        return None
    own = token.system.slug if token.system is not None else None
    try:
        return [_posted(item, own, received_at) for item in items], batched
    except ValueError:
        return None


def _members(body: bytes) -> int:
    """How many names of members a body of JSON has, or more: texts may hold what looks like one."""
    return body.translate(None, b" \t\n\r").count(b'":')


def _posted(item: Item, own_system: str | None, received_at: datetime) -> PostedResult:
    """Raises ValueError for an item that is at fault after all."""
    values: dict[str, Any] = {"system": own_system, "check": item["test"], **item}
    if "observed_at" in item:
        values["observed_at"] = read_instant(item["observed_at"])
        if not within_reason(values["observed_at"], received_at):
            raise ValueError
    if values["system"] is None or ("url" in item and not is_link(item["url"])):
        raise ValueError
    return PostedResult(**values)
