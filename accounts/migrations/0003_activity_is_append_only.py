from typing import ClassVar

from django.db import migrations

from accounts.triggers import Guard, guards

MESSAGE = "the activity log is append-only"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0002_initial")]
    operations: ClassVar = [
        guards(
            [
                Guard("activity_refuses_update", "accounts_activity", "UPDATE", "TRUE", MESSAGE),
                Guard("activity_refuses_delete", "accounts_activity", "DELETE", "TRUE", MESSAGE),
            ]
        )
    ]
