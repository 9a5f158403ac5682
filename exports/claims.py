"""Systems, and what their teams say of them: assessments with all that belongs to them, votes, discussion, events."""

from __future__ import annotations

from assessments.models import (
    Answer,
    Assessment,
    Attachment,
    Comment,
    Round,
    System,
    SystemEvent,
    Tally,
    TeamSession,
    Thread,
)
from assessments.models.sessions import TeamSessionQuerySet
from exports.table import Reader, same, stored

VOID = ("voided_at", "voided_by", "void_reason")


def _sessions(reader: Reader) -> TeamSessionQuerySet:
    """The sessions that have something to show."""
    return TeamSession.objects.visible_to(reader).kept()


SYSTEMS = stored(
    "systems",
    "Systems",
    "Settings of every system, retired ones too.",
    {
        **same("slug", "name", "description"),
        "team": "team__slug",
        "owner": "owner__email",
        **same("tags", "lifecycle", "retired_at", "repository_url", "rubric", "editions", "target_score", "windows"),
        **same("counted_branch", "efforts", "results_kept_from", "created_at"),
    },
    System.objects.visible_to,
    ["slug"],
)
ASSESSMENTS = [
    stored(
        "assessments",
        "Assessments",
        "Drafts, final and voided ones: when, by whom, by which rubric.",
        {
            "id": "id",
            "system": "system__slug",
            **same("status", "rubric", "effective_at", "imported", "started_at", "recorded_at", "recorded_by"),
            "carried_from": "carried_from_id",
            **same("version", "authors", "submitted_at"),
            "submitted_by": "submitted_by__email",
            "returned_by": "returned_by__email",
            **same("remarks", *VOID),
        },
        Assessment.objects.visible_to,
        ["system__slug", "id"],
    ),
    stored(
        "answers",
        "Answers",
        "Each claim: level, justification, links to evidence.",
        {
            "assessment": "assessment_id",
            "system": "assessment__system__slug",
            **same("test", "level", "not_applicable", "justification", "evidence", "version", "updated_at"),
            "updated_by": "updated_by",
        },
        lambda reader: Answer.objects.filter(assessment__in=Assessment.objects.visible_to(reader)),
        ["assessment_id", "id"],
    ),
]
BESIDES = [
    stored(
        "attachments",
        "Notes and files",
        "Notes as text; of files their name, size and SHA-256. The export of everything holds the files themselves.",
        {
            "assessment": "assessment_id",
            "system": "assessment__system__slug",
            **same("test", "note", "name"),
            "size": "upload__size",
            "sha256": "upload__digest",
            **same("added_at", "added_by"),
        },
        Attachment.objects.visible_to,
        ["pk"],
        restricted=True,
    ),
    stored(
        "comments",
        "Discussion",
        "What people said about the tests of systems.",
        {
            "system": "thread__system__slug",
            "test": "thread__test",
            "author": "author__email",
            **same("at", "text"),
        },
        lambda reader: Comment.objects.filter(thread__in=Thread.objects.visible_to(reader)),
        ["pk"],
        restricted=True,
    ),
    stored(
        "assignments",
        "Assignments",
        "Who is to see to which test of a system, until when.",
        {"system": "system__slug", "test": "test", "person": "person__email", "due": "due"},
        lambda reader: Thread.objects.visible_to(reader).filter(person__isnull=False),
        ["pk"],
        restricted=True,
    ),
    stored(
        "team-sessions",
        "Team sessions",
        "When which draft was voted on.",
        {
            "code": "code",
            "assessment": "assessment_id",
            "system": "assessment__system__slug",
            **same("status", "anonymous", "viewers_vote"),
            "facilitator": "facilitator__email",
            **same("opened_at", "ended_at", "participants"),
        },
        _sessions,
        ["pk"],
        restricted=True,
    ),
    stored(
        "agreements",
        "Agreements of team sessions",
        "The tests that were revealed, and what was agreed on them.",
        {"session": "session__code", **same("test", "revealed_at", "agreed", "agreed_at", "agreed_by")},
        lambda reader: Round.objects.filter(session__in=_sessions(reader)),
        ["pk"],
        restricted=True,
    ),
    stored(
        "votes",
        "Votes of team sessions",
        "How many voted for what on revealed tests, and who in sessions with names. Hidden votes are nowhere.",
        {"session": "session__code", **same("test", "choice", "votes", "voters")},
        lambda reader: Tally.objects.filter(session__in=_sessions(reader)),
        ["pk"],
        restricted=True,
    ),
]
EVENTS = stored(
    "events",
    "Events",
    "Releases and notes on the systems’ timelines, voided ones too.",
    {
        "id": "id",
        "system": "system__slug",
        **same("kind", "at", "title", "text", "url", "commit", "model_version", "event_id"),
        **same("recorded_at", "recorded_by", *VOID),
    },
    SystemEvent.objects.visible_to,
    ["system__slug", "at", "id"],
)
