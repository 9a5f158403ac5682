"""The page from which an admin takes along what the organisation owns."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.models import Role
from exports.answers import hand_out
from exports.counting import MOST, counts
from exports.slots import WAIT_SECONDS, TooManyExports
from exports.tables import EVERYTHING, TABLES
from exports.writing import FORMS


@require_safe
@member_page(Role.ADMIN)
def exports(request: MemberRequest, organisation: str) -> HttpResponse:
    """Every table with what it holds and about how much."""
    counted = counts(TABLES.values(), request.membership)
    context = {
        "everything": EVERYTHING,
        "tables": [(table, _count(counted.get(name))) for name, table in TABLES.items()],
    }
    return render(request, "dashboards/exports.html", context)


def _count(count: int | None) -> str:
    if count is None:
        return "–"
    return f"over {MOST:,}" if count > MOST else f"{count:,}"


@require_POST
@member_page(Role.ADMIN)
def export(request: MemberRequest, organisation: str, name: str) -> HttpResponseBase:
    """One table, or all of them, as CSV or JSON; a page that says so where too many are under way."""
    if name != EVERYTHING and name not in TABLES:
        raise Http404("There is no such table.")
    form = FORMS.get(request.POST.get("format", ""))
    if form is None:
        raise BadRequest(f"`format` is one of {', '.join(FORMS)}.")
    member = request.membership
    try:
        return hand_out(actor=Actor.of(member), reader=member, name=name, form=form, at=timezone.now())
    except TooManyExports as refused:
        context = {"detail": str(refused), "status": refused.status.value, "seconds": WAIT_SECONDS}
        response = render(request, "dashboards/export_later.html", context, status=refused.status)
        response["Retry-After"] = str(WAIT_SECONDS)
        return response
