"""Uploaded files in a bucket: put, answered by MLScore itself, deleted; and what happens while the bucket is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.models import Membership
from assessments.attachments import remove_attachment
from assessments.models import Assessment, Attachment
from assessments.operations import start_assessment
from exports.files import uploaded_files
from exports.table import Source
from mlscore_site import uploads
from tests.factories import make_system

pytestmark = pytest.mark.django_db
SignIn = Callable[[Membership], Client]
NOW = timezone.now()


class Bucket:
    """What a service of S3's protocol holds; `away` has it refuse everything."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False

    def answer(self, method: str, path: str, body: bytes, authorization: str) -> tuple[int, bytes]:
        if self.away or not authorization.startswith("AWS4-HMAC-SHA256 Credential=me/"):
            return 403, b""
        if method == "PUT":
            self.objects[path] = body
        elif method == "DELETE":
            self.objects.pop(path, None)
        elif path not in self.objects:
            return 404, b""
        return (204, b"") if method == "DELETE" else (200, self.objects[path] if method != "PUT" else b"")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Bucket]:
    held = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = self.headers.get("Authorization", "")
            status, content = held.answer(self.command, self.path.partition("?")[0], body, said)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", '"1"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_DELETE = respond

        def log_message(self, *arguments: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        for name, value in {
            "BUCKET": "evidence",
            "ENDPOINT": f"http://127.0.0.1:{http.server_address[1]}",
            "REGION": "eu-north-1",
            "PREFIX": "mlscore",
            "ACCESS_KEY": "me",
            "SECRET_KEY": "secret",
        }.items():
            monkeypatch.setenv(f"UPLOADS_S3_{name}", value)
        settings.STORAGES = {**settings.STORAGES, "default": uploads.storage()}
        yield held
        http.shutdown()


def test_a_file_in_a_bucket(
    bucket: Bucket,
    assessor: Membership,
    sign_in: SignIn,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    system = make_system(assessor.organisation, NOW - timedelta(days=9), slug="fraud")
    draft: Assessment = start_assessment(actor=Actor.of(assessor), system=system, at=NOW - timedelta(days=1))
    client, place = sign_in(assessor), f"/o/acme/systems/fraud/assessments/{draft.pk}/"

    def add(content: bytes) -> int:
        file = SimpleUploadedFile("report.csv", content)
        return client.post(place + "attachments/data-1/", {"note": "", "file": file}).status_code

    assert add(b"1,2" * 1000) == 302
    stored = Attachment.objects.get()
    assert stored.upload is not None
    assert bucket.objects == {f"/evidence/mlscore/{stored.upload.stored_name}": b"1,2" * 1000}
    address = client.get(f"{place}files/{stored.pk}/")["Location"]
    assert address.startswith("/o/acme/"), "the bucket's own address stays unknown"
    response = client.get(address)
    assert b"".join(response.streaming_content) == b"1,2" * 1000  # type: ignore[attr-defined]
    assert (response["Content-Length"], response["Content-Disposition"]) == (
        "3000",
        'attachment; filename="report.csv"',
    )
    source = Source(assessor, NOW)
    taken = [(path, b"".join(content)) for path, content in uploaded_files(source)]
    assert taken == [(f"files/{stored.upload.digest}/report.csv", b"1,2" * 1000)]
    bucket.away = True
    with pytest.raises(OSError, match="refused"):
        next(uploaded_files(source))
    assert client.get(address).status_code == 503
    assert add(b"3,4") == 422
    assert Attachment.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        remove_attachment(actor=Actor.of(assessor), assessment=draft, attachment_id=stored.pk)
    assert not Attachment.objects.exists(), "what was decided stands while the bucket is away"
    bucket.away = False
    add(b"5,6")
    held = bucket.objects.copy()
    bucket.objects.clear()
    assert [path for path, _ in uploaded_files(source)] == ["files/missing.txt"]
    bucket.objects |= held
    with django_capture_on_commit_callbacks(execute=True):
        remove_attachment(actor=Actor.of(assessor), assessment=draft, attachment_id=Attachment.objects.get().pk)
    assert len(bucket.objects) == 1


def test_without_a_bucket_files_lie_in_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPLOADS_S3_BUCKET", raising=False)
    assert "FileSystemStorage" in uploads.storage()["BACKEND"]
    assert storages["default"].__class__.__name__ == "FileSystemStorage"
