from typing import ClassVar

from django.db import migrations

from accounts.triggers import Guard, differs, guards

FROZEN = differs(
    "system_id",
    "check_id",
    "run_id",
    "status",
    "observed_at",
    "received_at",
    "message",
    "url",
    "commit",
    "branch",
    "pipeline",
    "model_version",
    "dataset_version",
    "metrics",
    "token_id",
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("evidence", "0001_initial")]
    operations: ClassVar = [
        guards(
            [
                Guard(
                    "result_refuses_update",
                    "evidence_result",
                    "UPDATE",
                    f"OLD.voided_at IS NOT NULL OR {FROZEN}",
                    "a result is immutable; it can be voided once",
                )
            ]
        )
    ]
