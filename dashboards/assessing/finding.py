"""Finding what an address names, among what the reader may see."""

from __future__ import annotations

from django.http import Http404

from accounts.models import Membership
from assessments.models import Assessment, System


def system_or_404(membership: Membership, slug: str) -> System:
    """The system of this slug, its organisation loaded."""
    systems = System.objects.visible_to(membership).select_related("organisation", "team", "owner")
    system = systems.filter(slug=slug).first()
    if system is None:
        raise Http404
    return system


def assessment_or_404(membership: Membership, slug: str, number: int) -> Assessment:
    """The assessment of this number of the system of this slug, with its system, author and what it was carried from."""
    assessment = (
        Assessment.objects.filter(pk=number, system__slug=slug, system__organisation_id=membership.organisation_id)
        .select_related("system__organisation", "author", "carried_from", "submitted_by", "returned_by")
        .first()
    )
    if assessment is None:
        raise Http404
    return assessment
