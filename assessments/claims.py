"""The frozen claims of a final assessment, between their stored form and the pure core's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from assessments.models import Answer, Assessment
from rubric.levels import Level
from rubric.timeline import Claims

NOT_APPLICABLE = "na"


def freeze(answers: Iterable[Answer]) -> dict[str, str]:
    """The stored form, `{test: level key or "na"}`; tests that claim none are left out."""
    return {
        answer.test: NOT_APPLICABLE if answer.not_applicable else answer.level
        for answer in answers
        if answer.not_applicable or answer.level != Level.NONE.key
    }


def thaw(stored: dict[str, Any], effective_at: datetime) -> Claims:
    """The claims that the stored form holds, from `effective_at` on."""
    return Claims(
        effective_at=effective_at,
        levels={test: Level.from_key(key) for test, key in stored.items() if key != NOT_APPLICABLE},
        not_applicable=frozenset(test for test, key in stored.items() if key == NOT_APPLICABLE),
    )


def claims_of(final: Assessment) -> Claims:
    """The claims of a final assessment; raises ValueError for a draft, which claims nothing yet."""
    if final.claims is None or final.effective_at is None:
        raise ValueError(f"{final} is a draft")
    return thaw(final.claims, final.effective_at)
