"""The second reader's acts: a draft is submitted, withdrawn, or sent back; approving is finalising (closing.py)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Role
from assessments.approval import send_back, submit_draft, withdraw_draft
from assessments.models import Assessment
from dashboards.assessing.finding import assessment_or_404
from dashboards.assessing.forms import plain_text


@member_page(Role.ASSESSOR)
@require_POST
def submit(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """Hand the draft in for approval."""
    draft = assessment_or_404(request.membership, slug, number)
    try:
        submit_draft(actor=Actor.of(request.membership), assessment=draft, at=timezone.now())
    except Conflict as conflict:
        messages.error(request, conflict.detail)
    except Assessment.DoesNotExist:
        raise Http404 from None
    else:
        messages.success(request, "The draft waits for approval. Nobody edits it meanwhile.")
    return redirect("assessment", organisation, slug, number)


@member_page(Role.ASSESSOR)
@require_POST
def withdraw(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """Take the draft back, to go on editing."""
    draft = assessment_or_404(request.membership, slug, number)
    try:
        withdraw_draft(actor=Actor.of(request.membership), assessment=draft, at=timezone.now())
    except Conflict as conflict:
        messages.error(request, conflict.detail)
    except Assessment.DoesNotExist:
        raise Http404 from None
    return redirect("assessment", organisation, slug, number)


@member_page(Role.ASSESSOR)
@require_POST
def return_draft(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """Send the draft back to its authors with remarks."""
    draft = assessment_or_404(request.membership, slug, number)
    remarks = plain_text(request.POST.get("remarks", ""))
    try:
        send_back(actor=Actor.of(request.membership), assessment=draft, remarks=remarks, at=timezone.now())
    except (Conflict, Invalid) as refused:
        messages.error(request, str(refused))
        return redirect("assessment-review", organisation, slug, number)
    except Assessment.DoesNotExist:
        raise Http404 from None
    messages.success(request, "The draft is sent back to its authors.")
    return redirect("assessment", organisation, slug, number)
