"""URLs of MLScore, and beside them pages of plain text that no database is asked for: what pages are compared with."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.template import Context, Engine, Template
from django.urls import path

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from mlscore_site.urls import handler400 as handler400
from mlscore_site.urls import handler500 as handler500
from mlscore_site.urls import urlpatterns as of_mlscore

PREFIX = "bench-static"
_templates: dict[str, Template] = {}


def keep(name: str, body: str) -> None:
    """Make the static template of as many bytes: the body itself, without any tag."""
    _templates[name] = Template("{% verbatim %}" + body + "{% endverbatim %}", engine=Engine())


@member_page(Role.VIEWER)
def static_page(request: MemberRequest, organisation: str, name: str) -> HttpResponse:
    """One of the templates, rendered, for members alone as pages are."""
    if name not in _templates:
        raise Http404
    return HttpResponse(_templates[name].render(Context()))


urlpatterns = [path(f"o/<slug:organisation>/{PREFIX}/<slug:name>/", static_page), *of_mlscore]
