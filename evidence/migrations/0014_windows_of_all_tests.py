"""What lies in a window is counted of all tests together."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("evidence", "0013_fewer_indexes_of_runs"),
    ]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["system", "first_executed_at", "test", "first_passed_at", "several_branches"],
                condition=~models.Q(test=""),
                name="run_of_system",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["system", "first_passed_at", "test", "several_branches"],
                condition=models.Q(first_passed_at__gt=models.F("first_executed_at")),
                name="run_of_system_passed_later",
            ),
        ),
    ]
