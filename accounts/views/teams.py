"""Teams."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import teams
from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.forms import NameForm, TeamMembersForm, add_faults
from accounts.models import Membership, Role, Team


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD"])
def team_list(request: MemberRequest, organisation: str) -> HttpResponse:
    """All teams, with how many people and systems they hold."""
    rows = Team.objects.visible_to(request.membership).annotate(
        people=Count("members", distinct=True), holds=Count("systems", distinct=True)
    )
    return render(request, "accounts/teams.html", {"teams": rows, "may_manage": request.membership.may(Role.ADMIN)})


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: MemberRequest, organisation: str) -> HttpResponse:
    """Create a team; choosing its members comes next."""
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = teams.create_team(
                actor=Actor.of(request.membership), name=form.cleaned_data["name"], at=timezone.now()
            )
        except Conflict as error:
            add_faults(form, error)
        else:
            return redirect("team", organisation, team.slug)
    return render(request, "accounts/team_new.html", {"form": form}, status=400 if form.errors else 200)


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: MemberRequest, organisation: str, slug: str) -> HttpResponse:
    """Rename a team, and say who is in it."""
    found = get_object_or_404(Team.objects.visible_to(request.membership), slug=slug)
    everyone = list(
        Membership.objects.visible_to(request.membership)
        .select_related("person")
        .order_by("person__name", "person__email")
    )
    chosen = list(found.members.values_list("pk", flat=True))
    name = NameForm(request.POST or None, initial={"name": found.name})
    people = TeamMembersForm(request.POST or None, members=everyone, initial={"members": chosen})
    if request.method == "POST" and name.is_valid() and people.is_valid():
        actor, now = Actor.of(request.membership), timezone.now()
        try:
            teams.rename_team(actor=actor, slug=slug, name=name.cleaned_data["name"], at=now)
            teams.set_team_members(actor=actor, slug=slug, member_ids=people.cleaned_data["members"], at=now)
        except Invalid as error:
            add_faults(people, error)
        else:
            messages.success(request, f"The team {name.cleaned_data['name']} is saved.")
            return redirect("teams", organisation)
    context = {"team": found, "name": name, "people": people}
    return render(request, "accounts/team.html", context, status=400 if name.errors or people.errors else 200)
