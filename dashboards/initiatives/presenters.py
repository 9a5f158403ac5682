"""What the pages of initiatives say: plain values for their templates. No queries, no clock, no markup."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from assessments.csv_form import guarded
from dashboards import phrases
from scores.initiatives import Progress, StepProgress

COLUMNS = ("system", "test", "title", "to", "points", "done", "done since", "owner", "due", "issue")


@dataclass(frozen=True, slots=True)
class Row:
    """A step: what it raises, whether the facts say that it is done, and whether it is late."""

    pk: int
    slug: str
    system: str
    key: str
    title: str
    level: str
    gain: str
    done_since: datetime | None
    in_rubric: bool
    owner: str
    due_on: date | None
    late: bool
    issue_url: str


@dataclass(frozen=True, slots=True)
class Summary:
    """An initiative in a list."""

    pk: int
    title: str
    purpose: str
    due_on: date | None
    late: bool
    steps: str
    points: str
    systems: int
    done: bool


def row(each: StepProgress, now: datetime) -> Row:
    """A step as its table shows it."""
    step = each.step
    return Row(
        pk=step.pk,
        slug=step.system.slug,
        system=step.system.name,
        key=step.test,
        title=each.test.title if each.test else step.test,
        level=step.level,
        gain=f"+{phrases.fraction(each.points)}",
        done_since=each.done_since,
        in_rubric=each.test is not None,
        owner=str(step.owner) if step.owner else "",
        due_on=step.due_on,
        late=not each.done and _past(step.due_on, now),
        issue_url=step.issue_url,
    )


def summary(progress: Progress, now: datetime) -> Summary:
    """The initiative with how far it is."""
    initiative, count = progress.initiative, len(progress.steps)
    done = count > 0 and progress.steps_done == count
    return Summary(
        pk=initiative.pk,
        title=initiative.title,
        purpose=initiative.purpose,
        due_on=initiative.due_on,
        late=not done and _past(initiative.due_on, now),
        steps=f"{progress.steps_done} of {count}",
        points=f"{phrases.points(progress.done)} of {phrases.points(progress.planned)}",
        systems=len({each.step.system_id for each in progress.steps}),
        done=done,
    )


def as_csv(rows: Iterable[Row]) -> str:
    """The steps as CSV with CRLF line ends; instants in UTC; nothing that a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in rows:
        since = each.done_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if each.done_since else ""
        due = each.due_on.isoformat() if each.due_on else ""
        cells = [each.slug, each.key, each.title, each.level, each.gain.removeprefix("+").replace("½", "0.5")]
        cells += ["yes" if each.done_since else "no", since, each.owner, due, each.issue_url]
        writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue()


def _past(due_on: date | None, now: datetime) -> bool:
    """Whether the day, in UTC, is over."""
    return due_on is not None and due_on < now.astimezone(UTC).date()
