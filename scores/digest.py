"""The week of a team, told on Monday morning: what improved, what slid, what lapses next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from django.conf import settings
from django.urls import reverse

from accounts.models import Team
from assessments.models import System
from evidence.rules_of import Rules
from notify.kinds import Kind
from notify.models import Notice
from notify.notices import News, people_of, tell
from rubric.timeline import Facts, levels_at
from scores.evidence_of import failing_checks, newest_results
from scores.facts import load_facts
from scores.news import day_text, listed, page_of, score_text
from scores.overview import review_is_due
from scores.reading import LAST, score_of
from scores.score import Score
from scores.telling import ageing

WEEK = timedelta(days=7)
HOUR = 7
STILL_WORTH = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Line:
    """One system's line in one part of a digest."""

    system: System
    text: str
    weight: Fraction = Fraction(0)


def morning(now: datetime) -> datetime:
    """The newest Monday, 07:00 UTC, at or before `now`."""
    utc = now.astimezone(UTC)
    monday = (utc - timedelta(days=utc.weekday())).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return monday if monday <= utc else monday - WEEK


def sweep(now: datetime) -> None:
    """Tell each team's members of its week, once, from Monday 07:00 UTC on; not where nothing is to be said."""
    until = morning(now)
    if now - until > STILL_WORTH:
        return
    told = set(Notice.objects.filter(kind=Kind.DIGEST, at=until).values_list("key", flat=True).distinct())
    for team in Team.objects.filter(systems__retired_at=None).distinct().select_related("organisation").order_by("pk"):
        if _key(team, until) not in told:
            item = digest(team, until)
            if item is not None:
                tell(news=item, people=people_of(team.organisation, team_id=team.pk, owner_id=None), now=now)


def _key(team: Team, until: datetime) -> str:
    year, week, _ = until.isocalendar()
    return f"digest:{team.pk}:{year}-W{week:02}"


def digest(team: Team, until: datetime) -> News | None:
    """The digest of the week that ends at `until`; None where there is nothing to say. A function of facts and time."""
    systems = list(
        System.objects.filter(team=team, retired_at=None, created_at__lt=until).select_related("organisation")
    )
    parts = _parts(systems, until)
    if not any(lines for _, lines in parts):
        return None
    text = "\n\n".join(_section(title, lines) for title, lines in parts if lines)
    counts = ", ".join(f"{len(lines)} {title.lower()}" for title, lines in parts[:2] if lines)
    page = reverse("organisation", args=[team.organisation.slug])
    return News(
        organisation=team.organisation,
        kind=Kind.DIGEST,
        key=_key(team, until),
        title=f"{team}: the week to {day_text(until.date())}" + (f" ({counts})" if counts else ""),
        body=text,
        path=f"{page}?team={team.slug}",
        at=until,
    )


def _section(title: str, lines: Sequence[Line]) -> str:
    rows = [f"- {line.system}: {line.text}\n  {settings.PUBLIC_URL}{page_of(line.system)}" for line in lines]
    return "\n".join([title, *rows])


def _parts(systems: Sequence[System], until: datetime) -> list[tuple[str, list[Line]]]:
    """The digest's parts in their order, each with its lines."""
    facts = load_facts(systems, until - WEEK, LAST)
    moved = [line for system in systems for line in _moved(system, facts[system.pk], until)]
    checks = newest_results(systems, until)
    failing = [
        Line(system, "1 check" if count == 1 else f"{count} checks")
        for system in systems
        if (count := failing_checks(checks[system.pk], Rules.of(system), until))
    ]
    return [
        ("Improved", sorted((line for line in moved if line.weight > 0), key=lambda line: -line.weight)),
        ("Slid", sorted((line for line in moved if line.weight < 0), key=lambda line: line.weight)),
        ("Lapses in the next 7 days", [line for each in systems for line in _lapsing(each, facts[each.pk], until)]),
        ("Failing", failing),
        ("Review due", [line for each in systems for line in _review(each, facts[each.pk], until)]),
    ]


def _score(facts: Facts, at: datetime) -> Score:
    return score_of(facts.rubric_at(at), levels_at(facts, at), at)


def _moved(system: System, facts: Facts, until: datetime) -> Iterator[Line]:
    before, after = _score(facts, until - WEEK), _score(facts, until)
    change = after.score.score - before.score.score
    if before.rubric is not after.rubric or not change:
        return
    text = f"{score_text(before.rubric, before.score.score)} → {score_text(after.rubric, after.score.score)}"
    if after.band is not None and before.band != after.band:
        text += f", now “{after.band.label}”"
    yield Line(system, text, change / after.rubric.maximum)


def _lapsing(system: System, facts: Facts, until: datetime) -> Iterator[Line]:
    falls = {test: at for test, at in ageing(system, facts, until).items() if at <= until + WEEK}
    if falls:
        in_order = sorted(falls, key=lambda test: (falls[test], test))
        yield Line(system, f"{listed(in_order)}; first on {day_text(falls[in_order[0]].date())}")


def _review(system: System, facts: Facts, until: datetime) -> Iterator[Line]:
    assessed_at = next((each.effective_at for each in reversed(facts.claims) if each.effective_at <= until), None)
    if review_is_due(system, assessed_at, until):
        yield Line(system, f"last assessed on {day_text(assessed_at.date())}" if assessed_at else "never assessed")
