"""Django's own applications, as this site wants them."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class OwnStaticFiles(StaticFilesConfig):
    """Collects what pages name. Nothing names the pages of REST framework nor Redoc, and compressing them takes seconds."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "rest_framework", "redoc"]
