"""The members of an organisation, and the invitations that wait for an answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import members
from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Forbidden
from accounts.forms import ROLE_HELP, RoleForm
from accounts.invitations import open_invitations
from accounts.models import Membership, Role


def grantable(membership: Membership) -> list[Role]:
    """The roles that this member may hand out."""
    return [role for role in Role if role is not Role.OWNER or membership.may(Role.OWNER)]


@member_page(Role.VIEWER)
@require_safe
def member_list(request: MemberRequest, organisation: str) -> HttpResponse:
    """Everybody in the organisation; admins also find what they can change."""
    now = timezone.now()
    rows = Membership.objects.visible_to(request.membership).select_related("person").prefetch_related("teams")
    may_manage = request.membership.may(Role.ADMIN)
    waiting = open_invitations(request.membership.organisation, now) if may_manage else []
    context = {
        "members": rows.order_by("person__name", "person__email"),
        "may_manage": may_manage,
        "may_touch_owners": request.membership.may(Role.OWNER),
        "roles": grantable(request.membership),
        "role_help": [(role.label, ROLE_HELP[role]) for role in Role],
        "invitations": [{"row": each, "expired": not each.open_at(now)} for each in waiting],
    }
    return render(request, "accounts/members.html", context)


@member_page(Role.ADMIN)
@require_POST
def member_role(request: MemberRequest, organisation: str, member: int) -> HttpResponse:
    """Give a member another role."""
    found = get_object_or_404(Membership.objects.visible_to(request.membership).select_related("person"), pk=member)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such role.")
        return redirect("members", organisation)
    try:
        role = Role(form.cleaned_data["role"])
        members.change_role(actor=Actor.of(request.membership), member_id=member, role=role, at=timezone.now())
    except (Conflict, Forbidden) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.person} is {role.value}.")
    return redirect("members", organisation)


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: MemberRequest, organisation: str, member: int) -> HttpResponse:
    """Ask whether to remove a member, and remove them."""
    found = get_object_or_404(Membership.objects.visible_to(request.membership).select_related("person"), pk=member)
    if request.method != "POST":
        return render(request, "accounts/member_remove.html", {"member": found})
    try:
        members.remove_member(actor=Actor.of(request.membership), member_id=member, at=timezone.now())
    except (Conflict, Forbidden) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.person} is no longer a member.")
    return redirect("members", organisation)
