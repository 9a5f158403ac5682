"""The activity log, which every member may read."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.activity_reading import KINDS, Cursor, read
from accounts.models import Membership, Role


class Filters(forms.Form):
    """What to show; wrong values show everything."""

    kind = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *KINDS.items()])
    person = forms.TypedChoiceField(label="Who", required=False, coerce=int, empty_value=None)
    system = forms.TypedChoiceField(label="System", required=False, coerce=int, empty_value=None)

    def __init__(self, data: dict[str, str], membership: Membership) -> None:
        super().__init__(data)
        people = Membership.objects.visible_to(membership).select_related("person").order_by("person__email")
        self.fields["person"].choices = [("", "Everybody"), *((row.person.pk, row.person.email) for row in people)]  # type: ignore[attr-defined]
        systems = membership.organisation.systems.values_list("pk", "name")
        self.fields["system"].choices = [("", "All"), *systems]  # type: ignore[attr-defined]


@member_page(Role.VIEWER)
@require_safe
def activity(request: MemberRequest, organisation: str) -> HttpResponse:
    """Who changed what, when."""
    filters = Filters(request.GET.dict(), request.membership)
    filters.is_valid()
    chosen = filters.cleaned_data
    lines, following = read(
        request.membership,
        kind=chosen.get("kind", ""),
        person_id=chosen.get("person"),
        system_id=chosen.get("system"),
        after=Cursor.parse(request.GET.get("cursor", "")),
    )
    query = {name: value for name, value in chosen.items() if value}
    context = {
        "lines": lines,
        "filters": filters,
        "filtered": bool(query),
        "older": urlencode({**query, "cursor": str(following)}) if following else "",
        "first": "?" + urlencode(query) if "cursor" in request.GET else "",
    }
    return render(request, "accounts/activity.html", context)
