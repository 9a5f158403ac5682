"""Copying chosen answers of a sibling system into a draft: choose the system, then the tests."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Role
from assessments.carrying import copy_answers, siblings
from assessments.models import Answer, Assessment
from dashboards.assessing import presenters
from dashboards.assessing.finding import assessment_or_404
from dashboards.assessing.forms import choice_of
from rubric.definition import Test
from rubric.loader import builtin


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer that can be copied, beside the one that it would replace."""

    test: Test
    theirs: Answer
    mine: Answer | None

    @property
    def theirs_word(self) -> str:
        return presenters.WORDS[choice_of(self.theirs)]

    @property
    def mine_word(self) -> str:
        return presenters.WORDS[choice_of(self.mine)]

    @property
    def value(self) -> str:
        """The test and the version that the reader sees of the answer that goes."""
        return f"{self.test.key} {self.mine.version if self.mine else 0}"


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """The systems to copy from; with `?from=ID` its answers, chosen with `all=on`; a POST copies the chosen ones."""
    draft = assessment_or_404(request.membership, slug, number)
    if not draft.is_draft or draft.submitted_at is not None:
        return redirect("assessment", organisation, slug, number)
    sources = siblings(request.membership, draft)
    wanted = request.POST.get("from") or request.GET.get("from", "")
    source = next((each for each in sources if str(each.pk) == wanted), None)
    if wanted and source is None:
        raise Http404
    if request.method == "POST" and source is not None:
        return _copy(request, draft, source)
    context = {
        "assessment": draft,
        "system": draft.system,
        "rubric": builtin()[draft.rubric],
        "sources": sources,
        "source": source,
        "offers": _offers(draft, source) if source else [],
        "all": request.GET.get("all") == "on",
    }
    return render(request, "assessing/copy.html", context)


def _offers(draft: Assessment, source: Assessment) -> list[Offer]:
    mine = {answer.test: answer for answer in draft.answers.all()}
    theirs = {answer.test: answer for answer in source.answers.all()}
    tests = builtin()[draft.rubric].tests
    return [Offer(test, theirs[key], mine.get(key)) for key, test in tests.items() if key in theirs]


def _copy(request: MemberRequest, draft: Assessment, source: Assessment) -> HttpResponse:
    chosen = [text.partition(" ") for text in request.POST.getlist("test")]
    versions = {test: int(version) for test, _, version in chosen if version.isascii() and version.isdigit()}
    here = (request.membership.organisation.slug, draft.system.slug, draft.pk)
    again = f"{reverse('assessment-copy', args=here)}?from={source.pk}"
    if not versions:
        messages.error(request, "Choose the answers to copy.")
        return redirect(again)
    try:
        copied = copy_answers(
            actor=Actor.of(request.membership),
            assessment=draft,
            source_id=source.pk,
            versions=versions,
            at=timezone.now(),
        )
    except (Conflict, Invalid) as refused:
        messages.error(request, f"Nothing is copied. {refused}")
        return redirect(again)
    except Assessment.DoesNotExist:
        raise Http404 from None
    count = "1 answer is" if len(copied) == 1 else f"{len(copied)} answers are"
    messages.success(request, f"{count} copied from {source.system}. Look at each and confirm it.")
    return redirect("assessment", *here)
