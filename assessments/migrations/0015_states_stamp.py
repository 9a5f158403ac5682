from secrets import randbits

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


def stamp(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give each system whose states are kept a stamp, as keeping them anew would."""
    System = apps.get_model("assessments", "System")
    systems = list(System.objects.filter(states_until__isnull=False).only("pk"))
    for system in systems:
        system.states_stamp = 1 + randbits(62)
    System.objects.bulk_update(systems, ["states_stamp"], batch_size=500)


class AddInPlace(migrations.AddField):
    """Adds the column to the table that is there: SQLite's triggers name it, so that another can't take its place."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute("ALTER TABLE assessments_system ADD COLUMN states_stamp bigint NOT NULL DEFAULT 0")


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0014_kept_states"),
    ]

    operations = [
        AddInPlace(
            model_name="system",
            name="states_stamp",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(stamp, migrations.RunPython.noop),
    ]
