"""Wiring: settings, URLs, server and Celery applications, and what wraps every request."""

from mlscore_site.celery import app as celery_app

__all__ = ["celery_app"]
