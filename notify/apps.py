from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # mail and sending say which messages they deliver.
        from notify import mail, sending, tasks  # noqa: F401
        from notify.outbox import message_written

        message_written.connect(tasks.on_message_written, dispatch_uid="wake-workers-for-messages")
