"""What a posting is compared with: Django answering a view without any middleware that does one INSERT and commits.

Settings, address and WSGI application of that server in one; gunicorn serves it as it serves MLScore.
"""

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY="bare",  # noqa: S106 - signs nothing
    ALLOWED_HOSTS=["127.0.0.1"],
    MIDDLEWARE=[],
    USE_TZ=True,
    DATABASES={"default": {**environ.Env().db("DATABASE_URL"), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}},
)


def insert(request: HttpRequest) -> HttpResponse:
    """Store the body as it came; in autocommit the INSERT is durable when execute returns."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare (body) VALUES (%s)", [request.body.decode()])
    return HttpResponse(b"{}", status=201, content_type="application/json", headers={"Content-Length": "2"})


urlpatterns = [path("", insert)]
application = get_wsgi_application()
