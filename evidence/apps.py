from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from evidence import tasks
        from evidence.rule_changes import rule_change_requested

        rule_change_requested.connect(tasks.on_rule_change_requested, dispatch_uid="wake-workers")
