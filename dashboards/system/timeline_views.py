"""What happened to a system, release by release and note by note."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Role
from assessments.events import record_event, void_event
from assessments.models import System, SystemEvent
from dashboards.figures.marks import SIGNS
from dashboards.paging import page_number
from dashboards.system.forms import EventForm, VoidForm
from dashboards.system.reading import system_of
from dashboards.system.timeline_presenters import lines
from dashboards.system.timeline_reading import LAST_PAGE, read_timeline
from scores.marks import EventKind


@require_http_methods(["GET", "HEAD"])
@member_page(Role.VIEWER)
def timeline(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """All that happened, newest first, a page at a time; `?kind=` narrows it."""
    found = system_of(request.membership, system)
    return _timeline_page(request, found, EventForm(initial={"event_id": f"page/{uuid4()}"}))


@require_http_methods(["POST"])
@member_page(Role.ASSESSOR)
def record(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Put a release or a note on the timeline."""
    found = system_of(request.membership, system)
    form = EventForm(request.POST)
    if form.is_valid():
        try:
            record_event(actor=Actor.of(request.membership), system=found, told=form.told(), at=timezone.now())
        except Invalid as error:
            form.add_error("at", str(error))
        except Conflict:
            form.add_error(None, "This was recorded before, with other content. Open the timeline anew.")
    if not form.is_valid():
        return _timeline_page(request, found, form, status=422)
    messages.success(request, f"The {form.cleaned_data['kind']} stands on the timeline.")
    return redirect("system-timeline", organisation, system)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.ADMIN)
def void(request: MemberRequest, organisation: str, system: str, number: int) -> HttpResponse:
    """Ask for the reason, then void a release or a note."""
    found = system_of(request.membership, system)
    event = get_object_or_404(SystemEvent.objects.visible_to(request.membership), system=found, pk=number)
    form = VoidForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actor, reason = Actor.of(request.membership), form.cleaned_data["reason"]
        try:
            void_event(actor=actor, event_id=event.pk, reason=reason, at=timezone.now())
            messages.success(request, f"Voided the {event.kind} {event.title}.")
        except Conflict as error:
            messages.warning(request, error.detail)
        return redirect("system-timeline", organisation, system)
    context = {"system": found, "event": event, "form": form}
    return render(request, "dashboards/event_void.html", context, status=422 if form.is_bound else 200)


def _timeline_page(request: MemberRequest, system: System, form: EventForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    asked = request.GET.get("kind", "")
    kind = EventKind(asked) if asked in set(EventKind) else None
    number = page_number(request.GET.get("page", ""), LAST_PAGE)
    page = read_timeline(system, now, kind, number)
    context = {
        "system": system,
        "lines": lines(page.events, page.points),
        "kind": kind,
        "kinds": [(each.value, SIGNS[each].word) for each in EventKind],
        "number": number,
        "following": number + 1 if page.more and number < LAST_PAGE else None,
        "form": form,
        "may_record": request.membership.may(Role.ASSESSOR),
        "may_void": request.membership.may(Role.ADMIN),
    }
    return render(request, "dashboards/timeline.html", context, status=status)
