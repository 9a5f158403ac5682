"""Assessments: what clients send of them, and how they are shown."""

from __future__ import annotations

from typing import Any

from api.instants import write_optional
from api.resources.components import INSTANT, LEVEL, TEXT, array, optional, record
from api.shapes import Choice, Field, Flag, Instant, Integer, ListOf, Null, Record, Schema, Text, WebAddress
from assessments.models import Answer, Assessment, AssessmentStatus
from assessments.operations import LONGEST_JUSTIFICATION, MOST_LINKS, AnswerChange
from rubric.levels import LEVELS
from rubric.loader import builtin

MOST_ANSWERS = 1000
LARGEST_VERSION = 2**31 - 1

VOID = Record({"reason": Field(Text(2000, 1, filled=True, description="Why it counts nothing."), required=True)})
START = Record(
    {
        "carry_forward": Field(Flag()),
        "effective_at": Field(Instant("A past instant: an import of older records; needs organisation:write besides.")),
    }
)
ANSWER = Record(
    {
        "test": Field(Text(60, 1), required=True),
        "level": Field(Choice(tuple(LEVELS))),
        "justification": Field(Text(LONGEST_JUSTIFICATION)),
        "evidence": Field(ListOf(WebAddress(), MOST_LINKS)),
        "not_applicable": Field(Flag()),
        "version": Field(
            Integer(
                0, LARGEST_VERSION, "The version that the change starts from, 0 for none; left out: whatever it is."
            )
        ),
    }
)
CHANGES = Record({"answers": Field(ListOf(ANSWER, MOST_ANSWERS), required=True, null=Null.REFUSED)})


def answer_changes(given: dict[str, Any]) -> list[AnswerChange]:
    """The changes that a body of the shape `CHANGES` asks for."""
    return [AnswerChange(**answer) for answer in given["answers"]]


SHOWN_ANSWER: Schema = record(
    {
        "test": TEXT,
        "level": LEVEL,
        "justification": TEXT,
        "evidence": array(TEXT),
        "not_applicable": {"type": "boolean"},
        "version": {"type": "integer"},
    }
)
SHOWN: Schema = record(
    {
        "id": {"type": "integer"},
        "system": TEXT,
        "status": Choice(AssessmentStatus.values).schema,
        "rubric": TEXT,
        "effective_at": optional(INSTANT),
        "recorded_at": INSTANT,
        "recorded_by": TEXT,
        "imported": {"type": "boolean"},
        "version": {"type": "integer"},
        "answers": array(SHOWN_ANSWER),
        "voided_at": optional(INSTANT),
        "voided_by": optional(TEXT),
        "void_reason": optional(TEXT),
    },
    "A self-assessment; its claims hold from `effective_at`, once it is final.",
)


def show_assessment(assessment: Assessment, system: str) -> dict[str, Any]:
    """An assessment with its answers in the rubric's order; `system` is the slug of its system."""
    order = {test: index for index, test in enumerate(builtin()[assessment.rubric].tests)}
    answers = sorted(assessment.answers.all(), key=lambda answer: order.get(answer.test, len(order)))
    return {
        "id": assessment.pk,
        "system": system,
        "status": assessment.status,
        "rubric": assessment.rubric,
        "effective_at": write_optional(assessment.effective_at),
        "recorded_at": write_optional(assessment.recorded_at),
        "recorded_by": assessment.recorded_by,
        "imported": assessment.imported,
        "version": assessment.version,
        "answers": [show_answer(answer) for answer in answers],
        "voided_at": write_optional(assessment.voided_at),
        "voided_by": assessment.voided_by or None,
        "void_reason": assessment.void_reason or None,
    }


def show_answer(answer: Answer) -> dict[str, Any]:
    """One claim."""
    return {
        "test": answer.test,
        "level": answer.level,
        "justification": answer.justification,
        "evidence": list(answer.evidence),
        "not_applicable": answer.not_applicable,
        "version": answer.version,
    }
