from typing import ClassVar

from django.db import migrations

from accounts.triggers import Guard, guards

# A result may go once it is older than its system keeps results, not voided, and its run remembers all that it proved.
REMEMBERED = """
    OLD.voided_at IS NULL AND EXISTS (
        SELECT 1
        FROM assessments_system s
        JOIN evidence_check c ON c.id = OLD.check_id
        JOIN evidence_run r
            ON r.system_id = s.id AND r.test = c.test AND r.run_id = OLD.run_id AND r.branch = OLD.branch
        WHERE s.id = OLD.system_id
            AND OLD.observed_at < s.results_kept_from
            AND r.removed_observed_at <= OLD.observed_at
            AND (OLD.status NOT IN ('passed', 'failed') OR r.removed_executed_at <= OLD.observed_at)
            AND (OLD.status <> 'passed' OR r.removed_passed_at <= OLD.observed_at)
    )
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("evidence", "0003_run_remembers_removed_results"),
        ("assessments", "0004_system_results_kept_from"),
    ]
    operations: ClassVar = [
        guards(
            [
                Guard(
                    "result_refuses_delete",
                    "evidence_result",
                    "DELETE",
                    f"NOT ({REMEMBERED})",
                    "a result is removed by retention alone",
                )
            ]
        )
    ]
