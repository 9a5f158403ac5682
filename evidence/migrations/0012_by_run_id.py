"""Uniqueness of results and runs begins with the run: what a posting brings lies side by side in these indexes.

The index of results by run goes: that of their identity begins with the same columns. On SQLite the former constraints stay
beside the new indexes, since the tables would be built anew without them, and without their triggers.
"""

from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

RESULT, RUN = "evidence_result", "evidence_run"
# Table, former name and columns, name and columns.
UNIQUE = (
    (RESULT, "result_identity_is_check_and_run", "check_id, run_id", "result_identity", "system_id, run_id, check_id"),
    (
        RUN,
        "run_is_one_per_test_and_branch",
        "system_id, test, run_id, branch",
        "run_identity",
        "system_id, run_id, test, branch",
    ),
)


def change(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for table, former, _, name, columns in UNIQUE:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({columns})")
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {former}")
        else:
            editor.execute(f"CREATE UNIQUE INDEX {name} ON {table} ({columns})")
    editor.execute("DROP INDEX result_of_run")


def undo(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute(f"CREATE INDEX result_of_run ON {RESULT} (system_id, run_id)")
    for table, former, former_columns, name, _ in UNIQUE:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {former} UNIQUE ({former_columns})")
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        else:
            editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("evidence", "0011_references_that_cannot_break")]
    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="result", name="result_identity_is_check_and_run"),
                migrations.RemoveConstraint(model_name="run", name="run_is_one_per_test_and_branch"),
                migrations.RemoveIndex(model_name="result", name="result_of_run"),
                migrations.AddConstraint(
                    model_name="result",
                    constraint=models.UniqueConstraint(fields=["system", "run_id", "check_of"], name="result_identity"),
                ),
                migrations.AddConstraint(
                    model_name="run",
                    constraint=models.UniqueConstraint(
                        fields=["system", "run_id", "test", "branch"], name="run_identity"
                    ),
                ),
            ],
            database_operations=[migrations.RunPython(change, undo)],
        ),
    ]
