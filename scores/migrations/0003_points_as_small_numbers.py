from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

import scores.state_models


class AlterPoints(migrations.AlterField):
    """PostgreSQL makes arrays of the JSON; in SQLite both are the same text."""

    FORWARDS = "smallint[] USING translate(points::text, '[]', '{}')::smallint[]"
    BACKWARDS = "jsonb USING to_jsonb(points)"

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE scores_keptstate ALTER COLUMN points TYPE {self.FORWARDS}")
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE scores_keptstate ALTER COLUMN points TYPE {self.BACKWARDS}")
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("scores", "0002_kept_states"),
    ]

    operations = [
        AlterPoints(model_name="keptstate", name="points", field=scores.state_models.SmallNumbers()),
    ]
