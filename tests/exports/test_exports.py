"""What an organisation takes along: all that it owns, nothing of anybody else's, no secret, and safe to open."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import Membership, Token
from accounts.teams import set_team_members
from assessments.discussion import add_comment, assign
from assessments.models import Round
from assessments.sessions import cast_votes, reveal
from evidence.mapping import Rule
from evidence.mapping_rules import replace_rules
from evidence.models import Result
from evidence.voiding import void_result
from exports import cells
from exports.counting import MOST, counts
from exports.files import uploaded_files
from exports.table import Source
from exports.tables import TABLES
from exports.writing import CSV, JSON, Form, archive, one_file
from notify.models import moment
from tests.access.world import World
from tests.factories import HOUR, assess, make_system, post

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("https://evil.example")'
# Hidden votes and who joined, memories of what was said, and what follows from the facts that are exported.
NOT_EXPORTED = {
    *("accounts.person", "accounts.setupcode", "accounts.pass"),
    *("assessments.badge", "assessments.presence", "assessments.participant", "assessments.ballot"),
    *("assessments.upload", "evidence.seennames", "evidence.span", "evidence.rulechange"),
    *("evidence.preparedtest", "notify.message", "notify.notice", "notify.choices", "notify.told", "notify.flip"),
    *("scores.keptstate", "scores.report"),
}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Acme with one of each thing that an organisation can own, and Globex with a system of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        furnish(made)
        yield made
        transaction.set_rollback(True)


def furnish(world: World) -> None:
    """Make what is there to export."""
    for name in ("final", "file", "token", "binding", "webhook", "initiative", "event", "invited", "badge", "result"):
        getattr(world, name)
    assert world.share_link
    actor, system, at = world.actor, world.system, world.now
    set_team_members(actor=actor, slug=world.team.slug, member_ids=[world.viewer.pk], at=at)
    add_comment(actor=actor, system=system, test="data-1", text="Who knows?", at=at)
    assign(actor=actor, system=system, test="data-1", person=world.viewer.person, due=date(2026, 12, 1), at=at)
    cast_votes(member=world.assessor, session=world.session, choices={"data-1": "manual"})
    reveal(member=world.assessor, session=world.session, tests=["data-1"], at=at)
    Round.objects.update(agreed="manual", agreed_at=at, agreed_by="axel@example.org")
    replace_rules(actor=actor, rules=[Rule("rows*", "data-1", None)], at=at, system=system)
    post(system, ["data-2"], [at - HOUR], at, status="failed", message=FORMULA, metrics={"auc": 0.5, "big": 1e300})
    result = Result.objects.get(message=FORMULA)
    void_result(actor=actor, result_id=result.pk, reason="Wrong data", at=at)
    foreign = make_system(world.elsewhere, at, name="Globex secret", slug="globex-secret")
    assess(foreign, at, {"data-1": "manual"}, why="Globex only")
    post(foreign, ["data-1"], [at], at, message="of Globex")


def read_json(name: str, member: Membership | Token, world: World) -> list[dict[str, Any]]:
    document = json.loads(b"".join(one_file(TABLES[name], JSON, Source(member, world.now))))
    assert (document["organisation"], document["table"]) == (member.organisation.slug, name)
    assert document["at"] == moment(world.now)
    rows: list[dict[str, Any]] = document["rows"]
    return rows


def read_csv(name: str, member: Membership, world: World) -> list[dict[str, str]]:
    text = b"".join(one_file(TABLES[name], CSV, Source(member, world.now))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def everything(member: Membership, form: Form, world: World) -> zipfile.ZipFile:
    """The archive of all that this member's organisation owns."""
    source = Source(member, world.now)
    return zipfile.ZipFile(io.BytesIO(b"".join(archive(TABLES.values(), form, source, uploaded_files(source)))))


def cell(value: Any) -> str:
    """A value of JSON as a cell says it, unless a spreadsheet would run it."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize("name", list(TABLES))
def test_every_table_says_the_same_in_both_forms(world: World, name: str) -> None:
    rows = read_json(name, world.admin, world)
    assert rows, "the world has one of each"
    assert all(tuple(row) == tuple(TABLES[name].columns) for row in rows)
    for row, written in zip(rows, read_csv(name, world.admin, world), strict=True):
        for column, value in row.items():
            if isinstance(value, dict | list):
                assert json.loads(written[column]) == value
            else:
                assert written[column].removeprefix("'") == cell(value)


def test_a_cell_is_never_longer_than_what_readers_of_csv_take(world: World) -> None:
    rules = [Rule(f"{place:04}" + "x" * 296, "data-1", None) for place in range(400)]
    replace_rules(actor=world.actor, rules=rules, at=world.now, system=world.system)
    document = next(row for row in read_json("activity", world.admin, world) if "400 added" in row["summary"])[
        "details"
    ]
    written = next(row for row in read_csv("activity", world.admin, world) if "400 added" in row["summary"])["details"]
    shown = json.loads(written)
    note = "… and 300 more, which the export as JSON holds"
    assert shown == {**document, **{part: [*document[part][:100], note] for part in ("added", "rules")}}


@pytest.mark.parametrize(
    "value", [{"text": "\x01" * 200_000}, ["é" * 70_000] * 2, {str(key): "" for key in range(20_000)}]
)
def test_what_cannot_be_cut_between_elements_shows_its_beginning(value: Any) -> None:
    cut = json.loads(cells.document(value))
    assert len(cells.document(value)) <= csv.field_size_limit()
    whole = msgspec.json.encode(value).decode()
    if isinstance(value, dict):
        assert whole.startswith(cut["cut"])
    else:
        assert cut == [value[0], "… and 1 more, which the export as JSON holds"]


def test_every_model_of_an_organisation_is_exported_or_left_out_by_intention() -> None:
    owned = {table.counted(Membership(organisation_id=0)).model for table in TABLES.values() if table.counted}
    exported = {model._meta.label_lower for model in owned} | {"accounts.membership_teams", "assessments.thread"}
    rooms = {"accounts", "assessments", "evidence", "keyless", "notify", "scores"}
    known = {model._meta.label_lower for room in rooms for model in apps.get_app_config(room).get_models()}
    assert known - exported == NOT_EXPORTED


def test_a_result_is_exported_with_all_that_was_posted_and_why_it_was_voided(world: World) -> None:
    row = next(row for row in read_json("results", world.admin, world) if row["test"] == "data-2")
    assert row["status"] == "failed" and row["message"] == FORMULA and row["metrics"] == {"auc": 0.5, "big": 1e300}
    assert (row["void_reason"], row["voided_by"]) == ("Wrong data", "olga@example.org")
    assert row["observed_at"] == moment(world.now - HOUR) and row["branch"] is None
    written = next(row for row in read_csv("results", world.admin, world) if row["test"] == "data-2")
    assert written["message"] == f"'{FORMULA}" and written["branch"] == ""


def test_an_archive_holds_every_table_and_nothing_of_another_organisation_or_secret(world: World) -> None:
    with everything(world.admin, JSON, world) as files:
        assert files.testzip() is None
        *tables, file = files.namelist()
        assert tables == [f"{name}.json" for name in TABLES]
        row = next(row for row in read_json("attachments", world.admin, world) if row["name"])
        assert (file, files.read(file)) == (f"files/{row['sha256']}/{row['name']}", b"passed")
        text = "".join(files.read(name).decode() for name in files.namelist())
    webhook, token = world.webhook, world.token
    secrets = [token.secret_hash, world.invited[0].secret_hash, world.invited[1], webhook.nonce, "/hook"]
    link, address = world.share_link
    for hidden in (*secrets, world.badge.key, link.secret_hash, address, "argon2", "lobex"):
        assert hidden not in text, hidden
    with everything(world.stranger, CSV, world) as files:
        assert files.namelist() == [f"{name}.csv" for name in TABLES]
        text = "".join(files.read(name).decode() for name in files.namelist())
    assert "of Globex" in text and "Globex only" in text
    assert "raud" not in text and "cme" not in text and "olga" not in text


def test_a_file_that_the_storage_lost_is_named_and_keeps_nobody_from_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, open_file = world.file.upload, default_storage.open
    assert stored is not None

    def lose(name: str) -> Any:
        if name == stored.stored_name:
            raise FileNotFoundError(name)
        return open_file(name)

    monkeypatch.setattr(default_storage, "open", lose)
    with everything(world.admin, CSV, world) as files:
        assert files.namelist()[len(TABLES) :] == ["files/missing.txt"]
        assert files.read("files/missing.txt").decode() == f"files/{stored.digest}/report.txt\n"


def test_counts_stop_where_nobody_cares(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = counts(TABLES.values(), world.admin)
    assert counted == {name: len(read_json(name, world.admin, world)) for name in TABLES if name != "scores"}
    assert MOST > counted["members"] == 4
    monkeypatch.setattr("exports.counting.MOST", 2)
    assert counts([TABLES["members"]], world.admin) == {"members": 3}
