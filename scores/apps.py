from django.apps import AppConfig


class ScoresConfig(AppConfig):
    name = "scores"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # telling says which messages it delivers.
        from notify.tasks import sweeps
        from scores import digest, telling

        sweeps(telling.sweep)
        sweeps(digest.sweep)
