"""The Celery application: `celery -A mlscore_site worker` and `celery -A mlscore_site beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlscore_site.settings")
app = Celery("mlscore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
