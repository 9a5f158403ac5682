"""The score beside the form, made anew after a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from assessments.models import Answer, Assessment
from dashboards.assessing import presenters
from rubric.definition import Rubric
from scores.drafts import proof_of


def panel_context(draft: Assessment, rubric: Rubric, known: Mapping[str, Answer] | None = None) -> dict[str, Any]:
    """What the score's fragments show; `known` are the draft's answers by test, where they are read already."""
    at = draft.effective_at or timezone.now()
    stored = draft.answers.all() if known is None else known.values()
    answers = [answer for answer in stored if answer.test in rubric.tests]
    panel = presenters.panel_of(draft, rubric, answers, proof_of(draft.system, at), at)
    return {"assessment": draft, "system": draft.system, "rubric": rubric, "panel": panel, "out_of_band": True}
