"""The addresses that the page's frame links to, for tests that render it alone."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(request: HttpRequest, **names: str) -> HttpResponse:
    """Any page."""
    return HttpResponse()


urlpatterns = [
    path("o/<slug:organisation>/", page, name="organisation"),
    path("o/<slug:organisation>/rubric/<slug:key>/", page, name="rubric"),
    path("o/<slug:organisation>/settings/", page, name="settings"),
    path("account/", page, name="account"),
]
