"""The document of an organisation's report, from what was read: JSON values. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from dashboards import phrases
from dashboards.figures.chart import day
from dashboards.figures.palette import colour_name
from dashboards.figures.printed import Series, category_series, printed_chart
from dashboards.reports.document import (
    Document,
    band_of,
    days,
    fact,
    header,
    instant,
    organisation_rules,
    out_of,
    rubric_fact,
    value_of,
)
from dashboards.reports.organisation_reading import OrganisationReading, SystemStand
from rubric.definition import Rubric
from rubric.scoring import number
from scores.gaps import Gap, Holding, gaps
from scores.initiatives import Progress
from scores.overview import COMPARED
from scores.score import Score
from scores.trends import Bucket, total

MOST_GAPS = 10


def organisation_document(reading: OrganisationReading) -> Document:
    """The document of what was read."""
    rubric, at = reading.rubric, reading.at
    scored = [stand.now.score for stand in reading.stands if _own(stand, rubric)]
    scores = [score for score in scored if score is not None]
    document = header("organisation", reading.organisation.name, reading.organisation, at, [])
    document |= {
        "systems": [_system(stand) for stand in sorted(reading.stands, key=_by_name)],
        "basis": _basis(reading),
        "score": None,
    }
    if not scores or not reading.weeks:
        return document
    present = reading.weeks[-1]
    return document | {
        "score": _figures(reading, present, scores),
        "bands": _bands(rubric, scores),
        "categories": _categories(rubric, present),
        "chart": _chart(rubric, reading.weeks),
        "history": [_month(rubric, bucket) for bucket in reversed(reading.months) if bucket.systems],
        "gaps": _gaps(rubric, reading),
        "initiatives": [_initiative(progress) for progress in reading.initiatives],
    }


def _own(stand: SystemStand, rubric: Rubric) -> bool:
    return stand.now.score is not None and stand.now.score.rubric is rubric


def _by_name(stand: SystemStand) -> tuple[str, str]:
    return stand.now.system.name.casefold(), stand.now.system.slug


def _figures(reading: OrganisationReading, present: Bucket, scores: Sequence[Score]) -> dict[str, Any]:
    """The leading number, the median, with what stands around it."""
    rubric = reading.rubric
    median = value_of(present.median, rubric)
    credited = total([points for score in scores for points in score.score.categories.values()])
    verified = total([points for score in scores for points in score.verified.categories.values()])
    share = 100 * verified / credited if credited else None
    failing = sum(stand.failing for stand in reading.stands)
    return {
        "rubric": rubric.title,
        "number": median["shown"].removesuffix(" %"),
        "out_of": out_of(rubric),
        "band": band_of(rubric.band(present.median or Fraction(0)), rubric),
        "systems": present.systems,
        "median": median,
        "mean": value_of(present.mean, rubric),
        "q1": value_of(present.q1, rubric),
        "q3": value_of(present.q3, rubric),
        "verified_median": value_of(present.verified_median, rubric),
        "verified_share": {
            "value": None if share is None else number(share),
            "shown": "–" if share is None else f"{round(share)} %",
        },
        "failing": failing,
        "unassessed": sum(stand.now.score is None for stand in reading.stands),
        "others": sum(stand.now.score is not None and not _own(stand, rubric) for stand in reading.stands),
        "review_due": sum(stand.review_due for stand in reading.stands),
    }


def _bands(rubric: Rubric, scores: Sequence[Score]) -> list[dict[str, Any]]:
    return [
        {**(band_of(band, rubric) or {}), "systems": sum(score.band is band for score in scores)}
        for band in reversed(rubric.bands)
    ]


def _categories(rubric: Rubric, present: Bucket) -> list[dict[str, Any]]:
    """The mean of each category, and how often it limits."""
    found = []
    for category in rubric.categories:
        mean, maximum = present.categories[category.key], rubric.category_maximum(category.key)
        found.append(
            {
                "key": category.key,
                "title": category.title,
                "colour": colour_name(rubric, category.key),
                "tests": len(category.tests),
                "max": number(maximum),
                "mean": number(mean),
                "shown": phrases.points(mean),
                "shown_max": f"{float(maximum):g}",
                "limiting": present.limiting.get(category.key, 0),
            }
        )
    return found


def _chart(rubric: Rubric, weeks: Sequence[Bucket]) -> dict[str, Any]:
    series = category_series(rubric, [(week.at, dict(week.categories) if week.systems else None) for week in weeks])
    series += [
        Series("Lower quartile", "ink", 1, (6, 3), [(week.at, week.q1) for week in weeks]),
        Series("Upper quartile", "ink", 1, (6, 3), [(week.at, week.q3) for week in weeks]),
        Series("Verified median", "ink", 1.5, (1, 3), [(week.at, week.verified_median) for week in weeks]),
        Series("Median", "ink", 4, (), [(week.at, week.median) for week in weeks], leads=True),
    ]
    return printed_chart(rubric, series, weeks[0].at, weeks[-1].at)


def _month(rubric: Rubric, bucket: Bucket) -> dict[str, Any]:
    spread = ("median", "mean", "q1", "q3")
    values = {name: value_of(getattr(bucket, name), rubric) for name in spread}
    return {"day": day(bucket.at), "at": instant(bucket.at), "systems": bucket.systems, **values}


def _system(stand: SystemStand) -> dict[str, Any]:
    system, score, assessment = stand.now.system, stand.now.score, stand.assessment
    found = {
        "slug": system.slug,
        "name": system.name,
        "team": system.team.name if system.team else "",
        "assessed": "" if assessment is None or assessment.effective_at is None else day(assessment.effective_at),
        "assessment": None if assessment is None else assessment.pk,
        "review_due": stand.review_due,
        "failing": stand.failing,
        "rubric": None,
    }
    if score is None:
        return found
    rubric = score.rubric
    return found | {
        "rubric": rubric.key,
        "score": value_of(score.score.score, rubric),
        "out_of": out_of(rubric),
        "claimed": value_of(score.claimed.score, rubric, reported=assessment is not None),
        "verified": value_of(score.verified.score, rubric, reported=stand.ran),
        "band": band_of(score.band, rubric),
        "limiting": [rubric.category_by_key[key].title for key in score.score.limiting],
        "change": _change(stand, score),
    }


def _change(stand: SystemStand, score: Score) -> str:
    """By how much the score changed since COMPARED ago; a dash where there is nothing to compare on this scale."""
    before = stand.before.score
    if before is None or before.rubric is not score.rubric:
        return "–"
    change = score.score.score - before.score.score
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return sign + phrases.score(abs(change), score.rubric)


def _gaps(rubric: Rubric, reading: OrganisationReading) -> list[dict[str, Any]]:
    """The tests that the fewest systems are credited for, the fewest first."""
    found = gaps(rubric, [stand.now for stand in reading.stands])
    lacking = sorted((gap for gap in found if gap.counts[Holding.NONE]), key=lambda gap: -gap.counts[Holding.NONE])
    return [_gap(rubric, gap) for gap in lacking[:MOST_GAPS]]


def _gap(rubric: Rubric, gap: Gap) -> dict[str, Any]:
    return {
        "key": gap.test.key,
        "title": gap.test.title,
        "category": rubric.category_by_key[gap.test.category].title,
        "without": gap.counts[Holding.NONE],
        "verified": gap.counts[Holding.VERIFIED],
        "would_rise": gap.counts[Holding.WOULD_RISE],
        "systems": gap.systems,
    }


def _initiative(progress: Progress) -> dict[str, Any]:
    initiative, due = progress.initiative, progress.initiative.due_on
    return {
        "title": initiative.title,
        "due": "" if due is None else f"{due.day} {due:%b %Y}",
        "systems": len({each.step.system_id for each in progress.steps}),
        "steps": f"{progress.steps_done} of {len(progress.steps)}",
        "points": f"{phrases.points(progress.done)} of {phrases.points(progress.planned)}",
    }


def _basis(reading: OrganisationReading) -> list[dict[str, str]]:
    """The facts that the report rests on, and the rules by which they are read."""
    stands = reading.stands
    claims = [
        f"{stand.now.system.slug}: {stand.assessment.pk} ({day(stand.assessment.effective_at)})"
        for stand in sorted(stands, key=_by_name)
        if stand.assessment is not None and stand.assessment.effective_at is not None
    ]
    proved = sum(1 for stand in stands for level in stand.now.levels.verified.values() if level)
    windows = sum(bool(stand.now.system.windows) for stand in stands)
    branches = sum(stand.counted_branch is not None for stand in stands)
    found = [
        fact("Systems", f"{len(stands)} in use"),
        fact("Claims", "assessments " + ", ".join(claims) if claims else "none: no system was assessed"),
        fact("Evidence", f"fresh runs prove {proved} tests of these systems"),
        rubric_fact(reading.rubric),
        *organisation_rules(reading.organisation),
        fact("Windows of their own", f"{windows} system{'' if windows == 1 else 's'}" if windows else ""),
        fact("Counted branch", f"set for {branches} system{'' if branches == 1 else 's'}" if branches else ""),
        fact("Changes", f"against {days(COMPARED.days)} before"),
    ]
    return [each for each in found if each["value"]]
