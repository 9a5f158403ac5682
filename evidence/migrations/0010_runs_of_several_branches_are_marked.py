"""Runs with rows of several branches are marked, so that others need no look for siblings; indexes that count runs.

Indexes that only repeat the beginning of another one go. All this is said in SQL, since SQLite's tables would be built anew
otherwise, without their triggers.
"""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

MARK = (
    "UPDATE evidence_run SET several_branches = true WHERE EXISTS (SELECT 1 FROM evidence_run o"
    " WHERE o.system_id = evidence_run.system_id AND o.test = evidence_run.test AND o.run_id = evidence_run.run_id"
    " AND o.branch <> evidence_run.branch)"
)


def unindexed(
    name: str, table: str, column: str, model: str, field: "models.Field[Any, Any]"
) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model_name=model, name=field_name(column), field=field)],
        database_operations=[
            migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {table} ({column})")
        ],
    )


def field_name(column: str) -> str:
    return {"system_id": "system", "check_id": "check_of", "token_id": "token"}[column]


def of_system(related_name: str) -> "models.Field[Any, Any]":
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to="assessments.system",
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0007_pass"),
        ("assessments", "0005_badge"),
        ("evidence", "0009_results_that_did_not_pass"),
    ]

    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="run",
                    name="several_branches",
                    field=models.BooleanField(db_default=False, default=False),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE evidence_run ADD COLUMN several_branches boolean NOT NULL DEFAULT false",
                    "ALTER TABLE evidence_run DROP COLUMN several_branches",
                )
            ],
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        unindexed("evidence_check_system_id_06f9802d", "evidence_check", "system_id", "check", of_system("checks")),
        unindexed("evidence_result_system_id_fbe1f5b9", "evidence_result", "system_id", "result", of_system("results")),
        unindexed(
            "evidence_result_check_id_faf7f637",
            "evidence_result",
            "check_id",
            "result",
            models.ForeignKey(
                db_column="check_id",
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="results",
                to="evidence.check",
            ),
        ),
        unindexed(
            "evidence_result_token_id_dbeae27e",
            "evidence_result",
            "token_id",
            "result",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.token",
            ),
        ),
        unindexed("evidence_run_system_id_86e7d6ac", "evidence_run", "system_id", "run", of_system("runs")),
        unindexed("evidence_span_system_id_959e7d81", "evidence_span", "system_id", "span", of_system("spans")),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["system", "several_branches", "first_executed_at", "test"], name="run_recent_executed"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["system", "several_branches", "first_passed_at", "test"], name="run_recent_passed"
            ),
        ),
    ]
