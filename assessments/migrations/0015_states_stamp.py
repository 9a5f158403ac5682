from secrets import randbits

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def stamp(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give each system whose states are kept a stamp, as keeping them anew would."""
    System = apps.get_model("assessments", "System")
    systems = list(System.objects.filter(states_until__isnull=False).only("pk"))
    for system in systems:
        system.states_stamp = 1 + randbits(62)
    System.objects.bulk_update(systems, ["states_stamp"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0014_kept_states"),
    ]

    operations = [
        migrations.AddField(
            model_name="system",
            name="states_stamp",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(stamp, migrations.RunPython.noop),
    ]
