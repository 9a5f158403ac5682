"""Exports while they are read: a bounded memory, one instant, no writer kept waiting; and how they are handed out."""

from __future__ import annotations

import json
import random
import threading
import tracemalloc
from collections.abc import Generator
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.models import Activity, Membership, Organisation, Person, Role
from assessments.attachments import add_file
from assessments.models import System
from assessments.operations import start_assessment
from evidence.models import Check, Result
from exports.files import uploaded_files
from exports.snapshot import one_instant
from exports.table import Source
from exports.tables import TABLES
from exports.writing import CSV, JSON, archive, one_file
from tests.dashboards.pages import BUDGET, SignIn
from tests.factories import HOUR, make_system, post

ROWS, MESSAGE = 10_000, 1_000
MIB = 1024 * 1024
MOST_MEMORY = 6 * MIB


def fill(system: System, now: datetime) -> None:
    """ROWS results of one check, each with a message of MESSAGE characters: 10 MiB of text alone."""
    check = Check.objects.create(system=system, name="rows", test="data-1")
    same = {"system": system, "check_of": check, "status": "passed", "message": "m" * MESSAGE}
    rows = (Result(run_id=str(n), observed_at=now, received_at=now, **same) for n in range(ROWS))
    Result.objects.bulk_create(rows, batch_size=2000)


@pytest.mark.django_db
def test_what_is_in_memory_does_not_grow_with_rows_and_files(owner: Membership, settings: Settings) -> None:
    now = timezone.now()
    system = make_system(owner.organisation, now)
    fill(system, now)
    draft = start_assessment(actor=Actor.of(owner), system=system, at=now)
    file = SimpleUploadedFile("model.zip", random.Random(1).randbytes(2 * MOST_MEMORY))  # as packed as it gets
    settings.UPLOAD_MIB = 2 * MOST_MEMORY // MIB
    add_file(actor=Actor.of(owner), assessment=draft, test="data-1", name="model.zip", content=file, at=now)
    del file
    source = Source(owner, now)
    for pieces in (
        one_file(TABLES["results"], CSV, source),
        archive([TABLES["results"]], JSON, source, uploaded_files(source)),
    ):
        first = next(pieces)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        written = len(first) + sum(map(len, pieces))
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        assert written > ROWS and peak < MOST_MEMORY, f"{peak / MIB:.1f} MiB"


@pytest.mark.django_db(transaction=True)
def test_an_export_is_of_one_instant_and_keeps_no_writer_waiting() -> None:
    now = timezone.now()
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    person = Person.objects.create(email="olga@example.org")
    owner = Membership.objects.create(organisation=organisation, person=person, role=Role.OWNER)
    system = make_system(organisation, now)
    post(system, ["data-1"], [now - HOUR], now, run="before")
    pieces = one_file(TABLES["results"], JSON, Source(owner, now))
    wanted = [TABLES["systems"], TABLES["results"]]

    def reading() -> Generator[bytes]:
        """Both tables, with a pause between them in which somebody writes."""
        with one_instant():
            yield b"".join(JSON.written(wanted[0], Source(owner, now)))
            yield b"".join(JSON.written(wanted[1], Source(owner, now)))

    both = reading()
    assert len(json.loads(next(both))["rows"]) == 1
    faults: list[BaseException] = []

    def write() -> None:
        try:
            post(system, ["data-1"], [now], now, run="meanwhile")
            make_system(organisation, now, name="Another")
        except BaseException as fault:  # noqa: BLE001  # handed to the test's thread
            faults.append(fault)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    writer.join(15)
    assert not writer.is_alive() and faults == []
    assert [row["run_id"][:6] for row in json.loads(next(both))["rows"]] == ["before"]
    both.close()
    assert len(json.loads(b"".join(pieces))["rows"]) == 2
    assert System.objects.count() == 2 and not connection.in_atomic_block
    post(system, ["data-2"], [now], now)  # the reader's own connection writes again


def download(client: Client, name: str, form: str, **headers: str) -> Any:
    return client.post(f"/o/acme/export/{name}/", {"format": form}, headers=headers)


@pytest.mark.django_db
def test_an_admin_takes_tables_along_and_the_log_says_so(
    admin: Membership, sign_in: SignIn, settings: Settings
) -> None:
    make_system(admin.organisation, timezone.now(), name="Fraud")
    client = sign_in(admin)
    answer = download(client, "systems", "csv")
    day = f"{timezone.now():%Y-%m-%d}"
    assert answer["Content-Disposition"] == f'attachment; filename="acme-systems-{day}.csv"'
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/csv; charset=utf-8", "no-store")
    assert answer.streaming and b"fraud,Fraud" in answer.getvalue()
    packed = download(client, "everything", "json", **{"Accept-Encoding": "gzip"})
    assert (packed["Content-Type"], packed["Content-Encoding"]) == ("application/zip", "identity")
    assert packed.getvalue().startswith(b"PK")
    logged = Activity.objects.filter(action="export.made").order_by("id").values_list("summary", "person__email")
    assert list(logged) == [
        ("Exported systems as CSV", "ada@example.org"),
        ("Exported everything as JSON", "ada@example.org"),
    ]
    assert download(client, "passwords", "csv").status_code == 404
    settings.EXPORTS_AT_ONCE = 1
    held, refused = [download(client, "systems", "csv") for _ in range(2)]
    assert (refused.status_code, refused["Retry-After"]) == (429, "30")
    assert "Too many exports at once" in refused.content.decode()
    assert held.getvalue()
    assert download(client, "systems", "xlsx").status_code == 400
    assert Activity.objects.filter(action="export.made").count() == 3


@pytest.mark.django_db
def test_the_page_names_every_table(
    admin: Membership, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(admin)
    with django_assert_max_num_queries(BUDGET):
        page = client.get("/o/acme/export/").content.decode()
    for table in TABLES.values():
        assert f">{table.title}</th>" in page and f"/o/acme/export/{table.name}/" in page
