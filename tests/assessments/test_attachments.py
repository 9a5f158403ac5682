"""Notes and files as evidence: what is taken, who gets them, and when they are frozen or gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import TimestampSigner
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Membership
from assessments.attachments import add_file, add_note, plain_name, remove_attachment
from assessments.changes import AnswerChange
from assessments.models import Assessment, Attachment, Upload
from assessments.operations import discard_draft, finalise, save_answers, start_assessment
from tests.factories import make_system

pytestmark = pytest.mark.django_db
SignIn = Callable[[Membership], Client]
NOW = timezone.now()


@pytest.fixture
def draft(assessor: Membership) -> Assessment:
    system = make_system(assessor.organisation, NOW - timedelta(days=9), slug="fraud")
    return start_assessment(actor=Actor.of(assessor), system=system, at=NOW - timedelta(days=1))


def attach(member: Membership, draft: Assessment, name: str = "report.csv", content: bytes = b"1,2") -> Attachment:
    return add_file(
        actor=Actor.of(member),
        assessment=draft,
        test="data-1",
        name=name,
        content=SimpleUploadedFile("x", content),
        at=NOW,
    )


def place(draft: Assessment, end: str = "attachments/data-1/") -> str:
    return f"/o/acme/systems/fraud/assessments/{draft.pk}/{end}"


def test_a_file_is_added_and_saved_but_never_shown(
    draft: Assessment, assessor: Membership, viewer: Membership, stranger: Membership, sign_in: SignIn
) -> None:
    client, reader = sign_in(assessor), sign_in(viewer)
    file = SimpleUploadedFile("../<b>evil.html", b"<script>alert(1)</script>", content_type="text/html")
    client.post(place(draft), {"note": "Seen <b>it</b>.", "file": file})
    page = client.get(place(draft)).content.decode()
    assert "Seen &lt;b&gt;it&lt;/b&gt;." in page
    stored = Attachment.objects.get(upload__isnull=False)
    assert stored.name == "_b_evil.html"
    found = reader.get(place(draft, f"files/{stored.pk}/"))
    response = reader.get(found["Location"])
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert response["Content-Disposition"] == 'attachment; filename="_b_evil.html"'
    assert (response["X-Content-Type-Options"], response["Content-Type"]) == ("nosniff", "application/octet-stream")
    assert "Notes and files (2)" in client.get(place(draft, "")).content.decode()
    assert "_b_evil.html" in reader.get(place(draft, "")).content.decode()
    assert sign_in(stranger).get(found["Location"]).status_code == 404


def test_the_address_of_a_file_expires(
    draft: Assessment, assessor: Membership, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = attach(assessor, draft)
    client = sign_in(assessor)
    address = client.get(place(draft, f"files/{stored.pk}/"))["Location"]
    assert client.get(address[:-2] + "x/").status_code == 403
    other = attach(assessor, draft)
    assert client.get(address.replace(f"files/{stored.pk}/", f"files/{other.pk}/")).status_code == 403
    monkeypatch.setattr(TimestampSigner, "timestamp", lambda self: "1vAAAA")
    old = client.get(place(draft, f"files/{stored.pk}/"))["Location"]
    monkeypatch.undo()
    assert client.get(old).status_code == 403


@pytest.mark.parametrize(
    ("name", "content"),
    [("report.exe", b"x"), ("report", b"x"), ("report.csv", b""), ("report.csv", b"x" * (2 * 1024 * 1024 + 1))],
)
def test_what_is_not_taken(
    draft: Assessment, assessor: Membership, settings: object, name: str, content: bytes
) -> None:
    settings.UPLOAD_MIB = 2  # type: ignore[attr-defined]
    with pytest.raises(Invalid):
        attach(assessor, draft, name, content)
    assert not Upload.objects.exists()


def test_the_room_of_an_organisation_is_bounded(draft: Assessment, assessor: Membership, settings: object) -> None:
    settings.UPLOAD_ORGANISATION_MIB = 1  # type: ignore[attr-defined]
    attach(assessor, draft, content=b"x" * 1024 * 1023)
    attach(assessor, draft, content=b"x" * 1024)
    with pytest.raises(Invalid, match="used up"):
        attach(assessor, draft, content=b"x")


def test_a_file_is_frozen_with_its_assessment_and_shared_with_the_next(
    draft: Assessment, assessor: Membership, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    actor = Actor.of(assessor)
    gone, kept = attach(assessor, draft), attach(assessor, draft)
    assert gone.upload is not None
    assert kept.upload is not None
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        remove_attachment(actor=actor, assessment=draft, attachment_id=gone.pk)
    assert not default_storage.exists(gone.upload.stored_name)
    save_answers(actor=actor, assessment=draft, changes=[AnswerChange("data-1", level="manual")], at=NOW)
    finalise(actor=actor, assessment=draft, at=NOW)
    for act in (
        lambda: remove_attachment(actor=actor, assessment=draft, attachment_id=kept.pk),
        lambda: add_note(actor=actor, assessment=draft, test="data-1", text="Late.", at=NOW),
    ):
        with pytest.raises(Conflict):
            act()
    for change in (
        lambda: Attachment.objects.filter(pk=kept.pk).update(name="other.csv"),
        lambda: Attachment.objects.filter(pk=kept.pk).delete(),
        lambda: Attachment.objects.create(assessment=draft, test="data-1", note="x", added_at=NOW, added_by="x"),
        lambda: Upload.objects.update(size=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    later = NOW + timedelta(hours=1)
    again = start_assessment(actor=actor, system=draft.system, at=later, carry_forward=True)
    assert [each.upload_id for each in again.attachments.all()] == [kept.upload_id]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        discard_draft(actor=actor, assessment=again, at=later)
    assert default_storage.exists(kept.upload.stored_name), "the final assessment keeps it"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("C:\\tmp\\a b.csv", "a b.csv"),
        ('x"\r\n.pdf', "x___.pdf"),
        ("é" * 300 + ".txt", "é" * 100 + ".txt"),
        ("..", ""),
    ],
)
def test_names_are_made_plain(name: str, plain: str) -> None:
    assert plain_name(name) == plain
