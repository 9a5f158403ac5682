from django.db import migrations, models


class Migration(migrations.Migration):
    """A column that may be null is added to the table that is there, on SQLite too. What it holds follows from runs."""

    dependencies = [
        ("assessments", "0015_states_stamp"),
    ]

    operations = [
        migrations.AddField(
            model_name="system",
            name="first_run_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
