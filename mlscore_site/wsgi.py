"""The WSGI application that gunicorn serves."""

import os
from typing import Any

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import reset_queries


class LenientRequest(WSGIRequest):
    """A request whose malformed Content-Type is none at all; Django's own fails before any view can answer."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # the stubs leave it out
        except ValueError:
            self.content_type, self.content_params = "", {}


class Application(WSGIHandler):
    """Django's application, made of such requests."""

    request_class = LenientRequest


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlscore_site.settings")
django.setup(set_prefix=False)
application = Application()
# Neither of our caches has anything to close, and only in DEBUG are there statements to forget: finding that out takes a
# while in each request.
request_finished.disconnect(close_caches)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)
