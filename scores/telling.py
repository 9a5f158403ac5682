"""Telling people what became of systems: at once where a fact says so, by a sweep where time alone does.

Everything may run twice and in several processes: notices are unique by person and key, and what was told last of a system
is changed by comparing it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Organisation
from assessments.models import System
from evidence.rules_of import Rules
from notify.changes import SYSTEM
from notify.choices import choices_of
from notify.kinds import Kind
from notify.models import LAPSE_DAYS, Message, Told
from notify.notices import News, tell, tell_webhooks
from notify.outbox import delivers, minutes
from rubric.definition import Band
from rubric.levels import Level
from rubric.timeline import Facts, levels_at
from scores import news
from scores.facts import load_facts
from scores.flapping import count_flips, tell_flapping
from scores.reading import LAST, next_falls, score_of
from scores.score import Score

RECENT = timedelta(days=3)
"""What happened longer ago is no news any more."""

WEBHOOK_LAPSE_DAYS = 7
REMINDERS = [timedelta(0), timedelta(days=7), timedelta(days=21)]
"""When a review that is due is spoken of, from then on: no further reminders come."""

FIRST_REMINDERS = [timedelta(days=7), timedelta(days=21)]
"""The same for a system that was never assessed, from its creation on."""

OUTDATED = timedelta(days=60)
CHUNK = 200


@delivers(SYSTEM, retries=minutes(1, 5, 30))
def deliver_change(message: Message, now: datetime) -> None:
    """Tell of one change that `notify.changes` wrote down."""
    system = _in_use().filter(pk=message.payload["system"]).first()
    at = datetime.fromisoformat(message.payload["at"])
    if system is None or now - at > RECENT:
        return
    for kind, checks in ((Kind.FAILING, "failing"), (Kind.RECOVERED, "recovered")):
        flipped = message.payload[checks]
        if flipped["count"]:
            _tell_flips(system, kind, flipped, f"{kind.value}:{message.public_id}", at, now)
    facts = load_facts([system], now, now)
    tell_band(system, facts[system.pk], _told([system], facts, now)[system.pk], now)


@transaction.atomic
def _tell_flips(system: System, kind: Kind, flipped: Mapping[str, Any], key: str, at: datetime, now: datetime) -> None:
    """Tell webhooks of every check that flipped, people of those that did not do so all day."""
    tell_webhooks(news=news.checks_flipped(system, kind, flipped, key, at), now=now)
    worth = count_flips(system, kind, flipped, at)
    if worth["count"]:
        tell(news=news.checks_flipped(system, kind, worth, key, at), people=news.people(system), now=now)


def sweep(now: datetime) -> None:
    """Tell what time alone brought about, of every system in use, as of `now` (aware)."""
    for organisation in Organisation.objects.order_by("pk"):
        for systems in _chunks(organisation):
            facts = load_facts(systems, now - RECENT, LAST)
            told = _told(systems, facts, now)
            for system in systems:
                tell_band(system, facts[system.pk], told[system.pk], now)
                tell_lapsed(system, facts[system.pk], told[system.pk], now)
                tell_lapsing(system, facts[system.pk], now)
                tell_review(system, facts[system.pk], now)
            tell_flapping(systems, now)


def _in_use() -> QuerySet[System]:
    return System.objects.filter(retired_at=None).select_related("organisation")


def _chunks(organisation: Organisation) -> Iterator[list[System]]:
    systems = list(_in_use().filter(organisation=organisation).order_by("pk"))
    for start in range(0, len(systems), CHUNK):
        yield systems[start : start + CHUNK]


def _tell_all(system: System, item: News, now: datetime) -> None:
    tell(news=item, people=news.people(system), now=now)
    tell_webhooks(news=item, now=now)


def _told(systems: Sequence[System], facts: Mapping[int, Facts], now: datetime) -> dict[int, Told]:
    """What was told last of these systems; of those never looked at, how they stand, which is no news."""
    keys = [system.pk for system in systems]
    known: dict[int, Told] = Told.objects.in_bulk(keys)
    missing = [key for key in keys if key not in known]
    if missing:
        scores = {key: _score(facts[key], now) for key in missing}
        Told.objects.bulk_create(
            [
                Told(system_id=key, rubric=score.rubric.key, band=_key(score.band), lapses_until=now)
                for key, score in scores.items()
            ],
            ignore_conflicts=True,
        )
        known = Told.objects.in_bulk(keys)
    return known


def _score(facts: Facts, at: datetime) -> Score:
    return score_of(facts.rubric_at(at), levels_at(facts, at), at)


def _key(band: Band | None) -> str:
    return "" if band is None else band.key


def tell_band(system: System, facts: Facts, told: Told, now: datetime) -> bool:
    """Tell when the score is in another band of its rubric than was told last; whether it was."""
    score = _score(facts, now)
    rubric = score.rubric
    if (told.rubric, told.band) == (rubric.key, _key(score.band)):
        return False
    with transaction.atomic():
        # Whoever comes second finds another band there, and tells nothing.
        same = Told.objects.filter(pk=told.pk, rubric=told.rubric, band=told.band)
        if not same.update(rubric=rubric.key, band=_key(score.band)) or told.rubric != rubric.key:
            return False
        before = next((each for each in rubric.bands if each.key == told.band), None)
        _tell_all(system, news.band_changed(system, rubric, before, score.band, score.score.score, now), now)
    return True


def tell_lapsed(system: System, facts: Facts, told: Told, now: datetime) -> bool:
    """Tell of evidence that lapsed since that was told last, as far as nothing renewed it; whether there was any."""
    since = max(told.lapses_until, now - RECENT)
    tests_of_rubric = facts.rubric_at(now).tests
    verified = levels_at(facts, now).verified
    tests = {
        span.test: span.ends_at
        for span in sorted(facts.spans, key=lambda span: span.ends_at)
        if since < span.ends_at <= now
        and span.test in tests_of_rubric
        and verified.get(span.test, Level.NONE) < span.level
    }
    if not tests:
        return False
    with transaction.atomic():
        # As above, by the instant.
        if not Told.objects.filter(pk=told.pk, lapses_until=told.lapses_until).update(lapses_until=now):
            return False
        _tell_all(system, news.lapsed(system, tests), now)
    return True


def ageing(system: System, facts: Facts, now: datetime) -> dict[str, datetime]:
    """By test, when its verified level falls if nothing more arrives, where nothing ran for half of its window or longer.

    A check that runs every night in a window of two days is never late, though its level always falls within two days.
    """
    tests, rules = facts.rubric_at(now).tests, Rules.of(system)
    last_ends: dict[str, datetime] = {}
    for span in facts.spans:
        last_ends[span.test] = max(span.ends_at, last_ends.get(span.test, span.ends_at))
    return {
        test: at
        for test, at in next_falls(facts, now).items()
        # The last of its spans ends a window after the newest run.
        if test in tests and 2 * (last_ends[test] - now) <= rules.freshness(test).window
    }


def tell_lapsing(system: System, facts: Facts, now: datetime) -> None:
    """Tell each person of evidence that lapses within their number of days, and webhooks of what does within 7."""
    by_day: dict[date, dict[str, datetime]] = {}
    for test, at in ageing(system, facts, now).items():
        by_day.setdefault(at.astimezone(UTC).date(), {})[test] = at
    today = now.astimezone(UTC).date()
    coming = {day: tests for day, tests in by_day.items() if (day - today).days <= LAPSE_DAYS[1]}
    if not coming:
        return
    people = news.people(system)
    chosen = choices_of(people)
    for day, tests in sorted(coming.items()):
        days = (day - today).days
        item = news.lapses_soon(system, tests, now)
        tell(news=item, people=[each for each in people if chosen[each.pk].lapse_days >= days], now=now)
        if days <= WEBHOOK_LAPSE_DAYS:
            tell_webhooks(news=item, now=now)


def tell_review(system: System, facts: Facts, now: datetime) -> None:
    """Tell that a review is due: when it falls due, and at most twice more."""
    newest = next((each for each in reversed(facts.claims) if each.effective_at <= now), None)
    assessed_at = newest.effective_at if newest else None
    interval = timedelta(days=system.organisation.review_interval_days)
    due_at = assessed_at + interval if assessed_at else system.created_at
    reminders = REMINDERS if assessed_at else FIRST_REMINDERS
    passed = [due_at + after for after in reminders if due_at + after < now]
    if passed and now - passed[-1] <= OUTDATED:
        _tell_all(system, news.review_due(system, assessed_at, due_at, len(passed), now), now)
