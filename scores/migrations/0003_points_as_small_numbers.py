from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import scores.state_models


def forget(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """States are counted anew from claims and spans, by the worker; until then pages read those."""
    apps.get_model("scores", "KeptState").objects.all().delete()
    apps.get_model("assessments", "System").objects.update(states_until=None, states_since=None)


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0014_kept_states"),
        ("scores", "0002_kept_states"),
    ]

    operations = [
        migrations.RunPython(forget, forget),
        migrations.RemoveField(model_name="keptstate", name="points"),
        migrations.AddField(
            model_name="keptstate",
            name="points",
            field=scores.state_models.SmallNumbers(default=[]),
            preserve_default=False,
        ),
    ]
