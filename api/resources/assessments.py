"""Assessments: what clients send of them, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.instants import write_optional
from api.problems import Fault, at_fault
from api.resources.components import INSTANT, LEVEL, TEXT, array, optional, record
from api.shapes import Choice, Field, Flag, Instant, Integer, ListOf, Null, Record, Schema, Text, WebAddress
from assessments.changes import LONGEST_JUSTIFICATION, MOST_LINKS, AnswerChange
from assessments.models import Answer, Assessment, AssessmentStatus
from rubric.levels import LEVELS
from rubric.loader import builtin

LONGEST_KEY = 60
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
        "test": Field(Text(LONGEST_KEY, 1), required=True),
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


def read_changes(document: dict[str, Any], rubric: str) -> list[AnswerChange]:
    """The changes that a body of the shape `CHANGES` asks for, to a draft of the rubric with this key.

    Raises Problem (400) that names every fault of the shape; where there is one, unknown tests beside it.
    """
    faults: list[Fault] = []
    given = CHANGES.read(document, "", faults)
    if faults or given is None:
        raise at_fault([*faults, *_unknown_tests(document.get("answers"), rubric)])
    return [AnswerChange(**answer) for answer in given["answers"]]


def _unknown_tests(answers: Any, rubric: str) -> Iterator[Fault]:
    """Faults of tests whose name has the right shape, in answers of any shape."""
    tests = builtin()[rubric].tests
    for index, answer in enumerate(answers if isinstance(answers, list) else []):
        test = answer.get("test") if isinstance(answer, dict) else None
        if isinstance(test, str) and 0 < len(test) <= LONGEST_KEY and test not in tests:
            yield Fault(f"{test!r} is no test of the rubric {rubric}.", f"/answers/{index}/test")


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
