"""Notes and files beside an answer: a page to add and remove them, and the way to a file."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, TimestampSigner
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Role
from assessments.attachments import add_file, add_note, remove_attachment
from assessments.models import Assessment, Attachment, Upload
from dashboards.assessing.finding import assessment_or_404
from dashboards.assessing.forms import plain_text
from rubric.loader import builtin

logger = structlog.get_logger("mlscore.attachments")

LIFETIME = 300
"""For how many seconds the address of a file holds."""
signer = TimestampSigner(salt="mlscore.attachment")


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def attachments(request: MemberRequest, organisation: str, slug: str, number: int, test: str) -> HttpResponseBase:
    """The notes and files of a test; a POST of an assessor adds (`note`, `file`) or removes (`remove`) one of a draft."""
    found = assessment_or_404(request.membership, slug, number)
    tests = builtin()[found.rubric].tests
    if test not in tests:
        raise Http404
    if request.method == "POST" and not request.membership.may(Role.ASSESSOR):
        raise PermissionDenied
    fault = _change(request, found, test) if request.method == "POST" else ""
    if request.method == "POST" and not fault:
        return redirect("attachments", organisation, slug, number, test)
    context = {
        "assessment": found,
        "system": found.system,
        "test": tests[test],
        "attachments": found.attachments.filter(test=test).select_related("upload"),
        "may_change": found.is_draft and found.submitted_at is None and request.membership.may(Role.ASSESSOR),
        "fault": fault,
        "note": request.POST.get("note", "") if fault else "",
        "types": settings.UPLOAD_TYPES,
        "largest": settings.UPLOAD_MIB,
    }
    status = 422 if fault else 200
    return render(request, "assessing/attachments.html", context, status=status)


def _change(request: MemberRequest, draft: Assessment, test: str) -> str:
    """Do what was posted; what is wrong with it, or nothing."""
    actor, now = Actor.of(request.membership), timezone.now()
    note, file, removed = (
        plain_text(request.POST.get("note", "")),
        request.FILES.get("file"),
        request.POST.get("remove"),
    )
    try:
        if removed is not None:
            attachment_id = int(removed) if removed.isascii() and removed.isdigit() and len(removed) < 18 else 0
            remove_attachment(actor=actor, assessment=draft, attachment_id=attachment_id)
        elif file is not None:
            add_file(actor=actor, assessment=draft, test=test, name=file.name or "", content=file, at=now)
        if removed is None and (note or file is None):
            add_note(actor=actor, assessment=draft, test=test, text=note, at=now)
    except (Conflict, Invalid) as refused:
        return str(refused)
    except OSError as error:
        logger.error("file not stored", reason=str(error))
        return "The file could not be stored at the moment. Try again later."
    except (Attachment.DoesNotExist, Assessment.DoesNotExist):
        raise Http404 from None
    messages.success(request, "Removed." if removed is not None else "Added.")
    return ""


@member_page(Role.VIEWER)
@require_safe
def attachment(request: MemberRequest, organisation: str, slug: str, number: int, attachment: int) -> HttpResponseBase:
    """The way to a file: its address is made now, for this organisation, and holds for LIFETIME."""
    found, _ = _file(request, slug, number, attachment)
    signature = signer.sign(str(found.pk)).partition(":")[2]
    return redirect("attachment-file", organisation, slug, number, found.pk, signature)


@member_page(Role.VIEWER)
@require_safe
def attachment_file(
    request: MemberRequest, organisation: str, slug: str, number: int, attachment: int, signature: str
) -> HttpResponseBase:
    """The file itself, to be saved and never shown in place; 403 when its address holds no longer."""
    found, upload = _file(request, slug, number, attachment)
    try:
        signer.unsign(f"{found.pk}:{signature}", max_age=LIFETIME)
    except BadSignature:
        return HttpResponse("This address holds no longer. Go back and open the file again.", status=403)
    try:
        content = default_storage.open(upload.stored_name)
    except OSError as error:
        logger.error("file not read", upload=upload.pk, reason=str(error))
        return HttpResponse("The file cannot be read at the moment. Try again later.", status=503)
    response = FileResponse(
        content,
        as_attachment=True,
        filename=found.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _file(request: MemberRequest, slug: str, number: int, attachment: int) -> tuple[Attachment, Upload]:
    found = (
        Attachment.objects.visible_to(request.membership)
        .filter(pk=attachment, assessment=number, assessment__system__slug=slug, upload__isnull=False)
        .select_related("upload")
        .first()
    )
    if found is None or found.upload is None:
        raise Http404
    return found, found.upload
