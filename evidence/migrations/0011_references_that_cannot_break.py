"""References of results and runs that PostgreSQL no longer looks up for each row: what they refer to is never deleted.

A posting reads the keys that it inserts, or has them returned, in the same statement. So a reference could only break where
its target goes away: checks and tokens refuse that from here on, and checks still refer to their systems by constraints. On
SQLite the constraints stay, since its tables would be built anew without them, and without their triggers.
"""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from accounts.triggers import Guard, guards

REFERENCES = (("result", "system"), ("result", "check_of"), ("result", "token"), ("run", "system"))


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for model_name, name in REFERENCES:
        model = apps.get_model("evidence", model_name)
        column = model._meta.get_field(name).column
        with editor.connection.cursor() as cursor:
            found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
        for constraint, what in found.items():
            if what["foreign_key"] and what["columns"] == [column]:
                editor.execute(f'ALTER TABLE {model._meta.db_table} DROP CONSTRAINT "{constraint}"')


def restore(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for model_name, name in REFERENCES:
        model = apps.get_model("evidence", model_name)
        field = model._meta.get_field(name)
        target = field.related_model._meta.db_table
        editor.execute(
            f"ALTER TABLE {model._meta.db_table} ADD CONSTRAINT {model._meta.db_table}_{field.column}_fk"
            f" FOREIGN KEY ({field.column}) REFERENCES {target} (id) DEFERRABLE INITIALLY DEFERRED"
        )


def loose(model: str, name: str, **values: Any) -> migrations.AlterField:
    field = models.ForeignKey(db_constraint=False, db_index=False, **values)
    return migrations.AlterField(model_name=model, name=name, field=field)


CASCADE = django.db.models.deletion.CASCADE


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0008_second_reader"),
        ("assessments", "0013_badge_chart"),
        ("evidence", "0010_runs_of_several_branches_are_marked"),
    ]
    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                loose("result", "system", on_delete=CASCADE, related_name="results", to="assessments.system"),
                loose(
                    "result",
                    "check_of",
                    db_column="check_id",
                    on_delete=CASCADE,
                    related_name="results",
                    to="evidence.check",
                ),
                loose(
                    "result",
                    "token",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.token",
                ),
                loose("run", "system", on_delete=CASCADE, related_name="runs", to="assessments.system"),
            ],
            database_operations=[migrations.RunPython(drop, restore)],
        ),
        guards(
            [
                Guard("check_refuses_delete", "evidence_check", "DELETE", "true", "a check is never deleted"),
                Guard("token_refuses_delete", "accounts_token", "DELETE", "true", "a token is revoked, never deleted"),
            ]
        ),
    ]
