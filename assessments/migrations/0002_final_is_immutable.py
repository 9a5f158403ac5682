from typing import ClassVar

from django.db import migrations

from accounts.triggers import Guard, differs, guards

MESSAGE = "a final assessment is immutable"
FROZEN = differs(
    "system_id",
    "rubric",
    "imported",
    "effective_at",
    "started_at",
    "recorded_at",
    "recorded_by",
    "author_id",
    "carried_from_id",
    "claims",
    "version",
)
VOIDING = "(OLD.status = 'final' AND NEW.status = 'voided')"


def _of_final(row: str) -> str:
    return f"(SELECT status FROM assessments_assessment WHERE id = {row}.assessment_id) <> 'draft'"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("assessments", "0001_initial")]
    operations: ClassVar = [
        guards(
            [
                Guard(
                    "assessment_final_refuses_update",
                    "assessments_assessment",
                    "UPDATE",
                    f"OLD.status <> 'draft' AND ({FROZEN} OR NOT {VOIDING})",
                    MESSAGE,
                ),
                Guard(
                    "assessment_final_refuses_delete",
                    "assessments_assessment",
                    "DELETE",
                    "OLD.status <> 'draft'",
                    MESSAGE,
                ),
                Guard("answer_of_final_refuses_insert", "assessments_answer", "INSERT", _of_final("NEW"), MESSAGE),
                Guard("answer_of_final_refuses_update", "assessments_answer", "UPDATE", _of_final("OLD"), MESSAGE),
                Guard("answer_of_final_refuses_delete", "assessments_answer", "DELETE", _of_final("OLD"), MESSAGE),
            ]
        )
    ]
