from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # making says which messages it delivers.
        from dashboards.reports import making
        from notify.tasks import sweeps

        sweeps(making.sweep)
