"""Each run goes into three indexes fewer: systems know their first one themselves, and windows are counted test by test.

The indexes that take over are there before the others go.
"""

from typing import ClassVar

from django.db import migrations, models

FIRST = (
    "UPDATE assessments_system SET first_run_at = (SELECT r.first_observed_at FROM evidence_run r"
    " WHERE r.system_id = assessments_system.id ORDER BY r.first_observed_at LIMIT 1)"
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("assessments", "0016_first_run_at"),
        ("evidence", "0012_by_run_id"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["system", "test", "first_executed_at", "several_branches"], name="run_executed_of_test"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["system", "test", "first_passed_at", "several_branches"], name="run_passed_of_test"
            ),
        ),
        migrations.RemoveIndex(model_name="run", name="run_by_executed"),
        migrations.RemoveIndex(model_name="run", name="run_by_passed"),
        migrations.RemoveIndex(model_name="run", name="run_recent_executed"),
        migrations.RemoveIndex(model_name="run", name="run_recent_passed"),
        migrations.RemoveIndex(model_name="run", name="run_first_of_system"),
    ]
