"""The addresses of the API. Parts of a path are texts, so that a wrong one is judged after the token, by the view."""

from django.urls import path, re_path

from api import converters  # noqa: F401  # registers `anytext`
from api.views import (
    assessments,
    events,
    exchange,
    gate,
    imports,
    mapping,
    model_versions,
    organisation,
    plans,
    results,
    rubrics,
    schema,
    scores,
    systems,
    teams,
    trends,
)

urlpatterns = [
    path("v1/openapi.json", schema.OpenApi.as_view(), name="openapi"),
    path("v1/docs/", schema.Docs.as_view(), name="docs"),
    path("v1/token/exchange", exchange.TokenExchange.as_view(), name="api-exchange"),
    path("v1/token/exchange/", exchange.TokenExchangeWithSlash.as_view()),
    path("v1/results/", results.Results.as_view(), name="api-results"),
    path("v1/imports/", imports.Imports.as_view(), name="api-imports"),
    path("v1/organisation/mapping/", mapping.OrganisationMapping.as_view(), name="api-organisation-mapping"),
    path("v1/organisation/", organisation.Organisation.as_view(), name="api-organisation"),
    path("v1/teams/", teams.Teams.as_view(), name="api-teams"),
    path("v1/trends/", trends.Trends.as_view(), name="api-trends"),
    path("v1/rubrics/", rubrics.Rubrics.as_view(), name="api-rubrics"),
    path("v1/rubrics/<str:key>/", rubrics.OneRubric.as_view(), name="api-rubric"),
    path("v1/systems/", systems.Systems.as_view(), name="api-systems"),
    path("v1/systems/<str:slug>/", systems.OneSystem.as_view(), name="api-system"),
    path("v1/systems/<str:slug>/score/", scores.SystemScore.as_view(), name="api-score"),
    path("v1/systems/<str:slug>/history/", scores.SystemHistory.as_view(), name="api-history"),
    path("v1/systems/<str:slug>/gate/", gate.SystemGate.as_view(), name="api-gate"),
    path("v1/systems/<str:slug>/plan/", plans.SystemPlan.as_view(), name="api-plan"),
    path("v1/systems/<str:slug>/model-versions/", model_versions.ModelVersions.as_view(), name="api-model-versions"),
    path(
        "v1/systems/<str:slug>/model-versions/<anytext:version>/",
        model_versions.OneModelVersion.as_view(),
        name="api-model-version",
    ),
    path("v1/systems/<str:slug>/mapping/", mapping.SystemMapping.as_view(), name="api-mapping"),
    path("v1/systems/<str:slug>/results/", results.SystemResults.as_view(), name="api-system-results"),
    path("v1/systems/<str:slug>/results/<str:pk>/void/", results.ResultVoid.as_view(), name="api-result-void"),
    path("v1/systems/<str:slug>/events/", events.Events.as_view(), name="api-events"),
    path("v1/systems/<str:slug>/events/<str:pk>/void/", events.EventVoid.as_view(), name="api-event-void"),
    path("v1/systems/<str:slug>/assessments/", assessments.Assessments.as_view(), name="api-assessments"),
    path("v1/systems/<str:slug>/assessments/<str:pk>/", assessments.OneAssessment.as_view(), name="api-assessment"),
    path("v1/systems/<str:slug>/assessments/<str:pk>/finalise/", assessments.Finalise.as_view(), name="api-finalise"),
    path(
        "v1/systems/<str:slug>/assessments/<str:pk>/void/",
        assessments.AssessmentVoid.as_view(),
        name="api-assessment-void",
    ),
    re_path(r"^[\s\S]*$", schema.Nowhere.as_view(), name="api-nowhere"),
]
