"""What is worth telling of a system, in words: one News for each thing that happened, or is about to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import Person
from assessments.models import System
from notify.kinds import Kind
from notify.models import Flip, moment
from notify.notices import News, people_of
from rubric.definition import Aggregation, Band, Rubric
from rubric.scoring import number

SHOWN = 10


def people(system: System) -> list[Person]:
    """Who hears of it."""
    return people_of(system.organisation, team_id=system.team_id, owner_id=system.owner_id)


def page_of(system: System) -> str:
    """The path of the system's page; its organisation must be loaded."""
    return reverse("system", args=[system.organisation.slug, system.slug])


def score_text(rubric: Rubric, score: Fraction) -> str:
    """A score as texts say it, such as `2.5` or `62.5 %`."""
    text = f"{number(score):g}"
    return f"{text} %" if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES else text


def listed(names: Sequence[str], count: int | None = None) -> str:
    """Names as a text says them: SHOWN of them at most, and how many more there are."""
    shown = list(names[:SHOWN])
    more = (len(names) if count is None else count) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def day_text(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def checks_flipped(system: System, kind: Kind, checks: Mapping[str, Any], key: str, at: datetime) -> News:
    """Checks began to fail, or recovered; `checks` holds how many, and the first of their names."""
    names, count = list(checks["names"]), int(checks["count"])
    fails = kind is Kind.FAILING
    what = names[0] if count == 1 else f"{count} checks"
    return _news(
        system,
        kind,
        key=key,
        title=f"{system}: {what} {'began to fail' if fails else 'recovered'}",
        body="" if count == 1 else listed(names, count),
        path=reverse("system-results", args=[system.organisation.slug, system.slug])
        + ("?status=failed" if fails else ""),
        at=at,
        facts={"checks": names, "count": count},
    )


def flapped(system: System, rows: Sequence[Flip], day: date, now: datetime) -> News:
    """Checks that failed and recovered more often on a day that is over than was told as it happened."""
    what = rows[0].check_name if len(rows) == 1 else f"{len(rows)} checks"
    counted = [
        f"{row.check_name} began to fail {row.failed} times, and {'failed' if row.fails else 'passed'} in the end"
        for row in rows
    ]
    return _news(
        system,
        Kind.FAILING,
        key=f"check.flapping:{system.pk}:{day}",
        title=f"{system}: {what} kept failing and recovering on {day_text(day)}",
        body="\n".join([*counted[:SHOWN], *([f"And {len(rows) - SHOWN} more."] if len(rows) > SHOWN else [])]),
        path=reverse("system-results", args=[system.organisation.slug, system.slug]),
        at=now,
        facts={},
    )


def band_changed(
    system: System, rubric: Rubric, before: Band | None, after: Band | None, score: Fraction, at: datetime
) -> News:
    """The score is in another band than people were told last."""
    rose = _rank(rubric, after) > _rank(rubric, before)
    text = score_text(rubric, score)
    band = after.label if after is not None else "no band"
    return _news(
        system,
        Kind.BAND,
        key=f"band.changed:{system.pk}:{moment(at)}",
        title=f"{system} {'rose' if rose else 'fell'} to “{band}”",
        body=f"The score is {text}" + (f"; the band was “{before.label}”." if before is not None else "."),
        at=at,
        facts={
            "from": before.key if before else None,
            "to": after.key if after else None,
            "score": number(score),
        },
    )


def _rank(rubric: Rubric, band: Band | None) -> int:
    return -1 if band is None else rubric.bands.index(band)


def lapses_soon(system: System, tests: Mapping[str, datetime], now: datetime) -> News:
    """The evidence of these tests lapses on one day, unless they run again; each with its instant."""
    first = min(tests.values())
    return _news(
        system,
        Kind.LAPSING,
        key=f"evidence.lapsing:{system.pk}:{first.date()}",
        title=f"{system}: evidence of {_tests(tests)} lapses on {day_text(first.date())}",
        body=f"{_which(tests)}Another run before then keeps it fresh.",
        at=now,
        facts={"tests": sorted(tests), "lapses_at": moment(first)},
    )


def lapsed(system: System, tests: Mapping[str, datetime]) -> News:
    """The evidence of these tests has lapsed; each with its instant."""
    newest = max(tests.values())
    return _news(
        system,
        Kind.LAPSED,
        key=f"evidence.lapsed:{system.pk}:{moment(newest)}",
        title=f"{system}: evidence of {_tests(tests)} has lapsed",
        body=f"{_which(tests)}What is claimed still counts; nothing recent proves it.",
        at=newest,
        facts={"tests": sorted(tests), "lapsed_at": moment(newest)},
    )


def review_due(system: System, assessed_at: datetime | None, due_at: datetime, reminder: int, now: datetime) -> News:
    """The system's review is due since `due_at`; `reminder` counts how often that was said."""
    never = assessed_at is None
    body = (
        "It was never assessed." if assessed_at is None else f"It was last assessed on {day_text(assessed_at.date())}."
    )
    return _news(
        system,
        Kind.REVIEW_DUE,
        key=f"review.due:{system.pk}:{moment(due_at)}:{reminder}",
        title=f"{system}: {'a first assessment' if never else 'a review'} is due",
        body=body,
        path=reverse("assessments", args=[system.organisation.slug, system.slug]),
        at=now,
        facts={"assessed_at": None if assessed_at is None else moment(assessed_at), "reminder": reminder},
    )


def _tests(tests: Mapping[str, datetime]) -> str:
    return next(iter(tests)) if len(tests) == 1 else f"{len(tests)} tests"


def _which(tests: Mapping[str, datetime]) -> str:
    """The tests' keys as a sentence, where the title only counts them."""
    return "" if len(tests) == 1 else f"{listed(sorted(tests))}. "


def _news(
    system: System,
    kind: Kind,
    *,
    key: str,
    title: str,
    at: datetime,
    facts: dict[str, Any],
    body: str = "",
    path: str = "",
) -> News:
    page = page_of(system)
    named = {"system": system.slug, "name": system.name, "system_url": settings.PUBLIC_URL + page}
    return News(
        organisation=system.organisation,
        kind=kind,
        key=key,
        title=title,
        body=body,
        path=path or page,
        at=at,
        system_id=system.pk,
        facts={**named, **facts},
    )
