"""Which address belongs to which room."""

from django.urls import URLPattern, URLResolver, include, path

from api.views.metrics import ScoreMetrics
from dashboards.settings import settings
from mlscore_site.health import healthz, readyz
from mlscore_site.metrics import metrics

handler400 = "api.problems.bad_request"
handler500 = "api.problems.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    # Tried in this order: what is read most comes first.
    path("o/<slug:organisation>/", include("dashboards.organisation.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("metrics/scores", ScoreMetrics.as_view(), name="metrics-scores"),
    path("api/", include("api.urls")),
    path("", include("accounts.urls")),
    path("", include("notify.urls")),
    path("badge/", include("dashboards.badge.public_urls")),
    path("share/<str:secret>/", include("dashboards.reports.public_urls")),
    path("o/<slug:organisation>/", include("dashboards.reports.urls")),
    path("o/<slug:organisation>/systems/<slug:system>/badge/", include("dashboards.badge.urls")),
    path("o/<slug:organisation>/settings/", settings, name="settings"),
    path("o/<slug:organisation>/export/", include("dashboards.exporting.urls")),
    path("o/<slug:organisation>/keyless/", include("keyless.urls")),
    path("o/<slug:organisation>/systems/<slug:slug>/assessments/", include("dashboards.assessing.urls")),
    path("o/<slug:organisation>/", include("dashboards.sessions.urls")),
    path("o/<slug:organisation>/", include("dashboards.systems_urls")),
    path("o/<slug:organisation>/initiatives/", include("dashboards.initiatives.urls")),
    path("o/<slug:organisation>/systems/<slug:system>/", include("dashboards.system.urls")),
    path("accounts/", include("allauth.urls")),
]
