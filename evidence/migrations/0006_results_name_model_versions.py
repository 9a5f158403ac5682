"""Each insert of a result that bears a model version notes it, by trigger: whoever inserts, at no statement more."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAME = "result_names_model_version"
WHEN = "WHEN (NEW.model_version > '')"
COLUMNS = "evidence_modelversion (system_id, name, first_observed_at, newest_observed_at)"
NOTE = (
    f"INSERT INTO {COLUMNS} VALUES (NEW.system_id, NEW.model_version, NEW.observed_at, NEW.observed_at)"
    " ON CONFLICT (system_id, name) DO UPDATE SET"
    " first_observed_at = {least}(evidence_modelversion.first_observed_at, excluded.first_observed_at),"
    " newest_observed_at = {greatest}(evidence_modelversion.newest_observed_at, excluded.newest_observed_at)"
    " WHERE excluded.first_observed_at < evidence_modelversion.first_observed_at"
    " OR excluded.newest_observed_at > evidence_modelversion.newest_observed_at;"
)
NOTE_ALL = (
    f"INSERT INTO {COLUMNS} SELECT system_id, model_version, MIN(observed_at), MAX(observed_at)"
    " FROM evidence_result WHERE model_version > '' GROUP BY system_id, model_version"
)


def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """The trigger, then what was posted before it."""
    if editor.connection.vendor == "sqlite":
        note = NOTE.format(least="MIN", greatest="MAX")
        editor.execute(f"CREATE TRIGGER {NAME} AFTER INSERT ON evidence_result FOR EACH ROW {WHEN} BEGIN {note} END")
    else:
        note = NOTE.format(least="LEAST", greatest="GREATEST")
        editor.execute(
            f"CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {note} RETURN NULL; END $$"
        )
        editor.execute(
            f"CREATE TRIGGER {NAME} AFTER INSERT ON evidence_result FOR EACH ROW {WHEN} EXECUTE FUNCTION {NAME}()"
        )
    editor.execute(NOTE_ALL)


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        editor.execute(f"DROP TRIGGER {NAME}")
    else:
        editor.execute(f"DROP TRIGGER {NAME} ON evidence_result")
        editor.execute(f"DROP FUNCTION {NAME}()")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("evidence", "0005_model_version")]
    operations: ClassVar = [migrations.RunPython(create, drop)]
