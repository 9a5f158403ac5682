"""Plans, as they are shown."""

from __future__ import annotations

from typing import Any

from api.instants import write_instant
from api.resources.components import INSTANT, LEVEL, POINTS, TEXT, array, record
from api.shapes import Schema
from rubric.definition import Effort
from rubric.planning import Plan
from rubric.scoring import number
from scores.plan import Position, reasons, warnings

STEP: Schema = record(
    {
        "test": TEXT,
        "title": TEXT,
        "category": TEXT,
        "from": LEVEL,
        "to": LEVEL,
        "effort": {"type": "string", "enum": list(Effort), "description": "Small, medium or large."},
        "cost": {"type": "integer", "description": "What the effort costs: S 1, M 2, L 4."},
        "points": {**POINTS, "description": "What the step earns in its category."},
        "score": {**POINTS, "description": "The score once this step and all before it are done."},
        "reason": TEXT,
        "leans_on": {
            **array(TEXT),
            "description": "Tests that this one leans on and that hold no credit when its turn comes.",
        },
    }
)
PLAN: Schema = record(
    {
        "system": TEXT,
        "rubric": TEXT,
        "at": INSTANT,
        "score": {**POINTS, "description": "The score at present."},
        "target": POINTS,
        "reaches": {**POINTS, "description": "The score once all steps are done."},
        "cost": {"type": "integer", "description": "The cost of all steps."},
        "steps": array(STEP),
        "warnings": {
            **array(TEXT),
            "description": "Tests that hold credit once the plan is done, and lean on some that hold none.",
        },
    },
    "The cheapest ordered steps to a score.",
)


def show_plan(position: Position, made: Plan) -> dict[str, Any]:
    """A plan with its steps in their order."""
    steps = [
        {
            "test": step.test.key,
            "title": step.test.title,
            "category": step.test.category,
            "from": step.start.key,
            "to": step.level.key,
            "effort": step.effort.value,
            "cost": step.cost,
            "points": number(step.points),
            "score": number(step.score),
            "reason": reason,
            "leans_on": list(step.missing),
        }
        for step, reason in zip(made.steps, reasons(position.rubric, made), strict=True)
    ]
    return {
        "system": position.system.slug,
        "rubric": position.rubric.key,
        "at": write_instant(position.at),
        "score": number(made.score),
        "target": number(made.target),
        "reaches": number(made.reaches),
        "cost": made.cost,
        "steps": steps,
        "warnings": warnings(position.rubric, position.after(made)),
    }
