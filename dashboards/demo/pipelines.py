"""What the demo's pipelines posted: their stories as results, in the portions in which the server received them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from dashboards.demo.stories import CheckStory, PipelineStory, Story
from evidence.posting import PostedResult

CI = "https://ci.meridian.example"
SEED = "meridian"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Posting:
    """Results of one system that arrived together. `received_at` is aware, in UTC."""

    received_at: datetime
    results: list[PostedResult]


def dice(*of: object) -> random.Random:
    """The numbers that belong to this subject: the same ones each time."""
    return random.Random(" ".join(str(part) for part in (SEED, *of)))  # noqa: S311 - repeatable by intention


def day(now: datetime, days_ago: int, at: str = "00:00") -> datetime:
    """The time of day `at` in UTC, this many days before the day of `now`."""
    return datetime.combine(now.astimezone(UTC).date() - days_ago * DAY, time.fromisoformat(at), UTC)


def postings(story: Story, now: datetime) -> list[Posting]:
    """All that the system's pipelines posted until `now`, in order of receipt; each day's runs arrive together."""
    by_arrival: dict[int, list[PostedResult]] = defaultdict(list)
    for pipeline in story.pipelines:
        for number, days_ago in enumerate(pipeline.run_days(), pipeline.first_number):
            arrival = next((each.last - 1 for each in pipeline.held_back if days_ago in each), days_ago)
            by_arrival[arrival] += _run(story.slug, pipeline, number, days_ago, now)
    found = []
    for arrival, results in by_arrival.items():
        received_at = _received_at(story, arrival, results, now)
        if results and received_at <= now:
            found.append(Posting(received_at, results))
    return sorted(found, key=lambda posting: posting.received_at)


def _received_at(story: Story, arrival: int, results: list[PostedResult], now: datetime) -> datetime:
    """Some seconds after the last result, or, of what was held back alone, in the morning of the day it arrived."""
    delay = timedelta(seconds=dice(story.slug, arrival).randint(5, 40))
    observed = [result.observed_at for result in results if result.observed_at is not None]
    morning = day(now, arrival, "06:00")
    newest = max(observed, default=morning)
    return (morning if newest < morning - DAY / 4 else newest) + delay


def _run(slug: str, pipeline: PipelineStory, number: int, days_ago: int, now: datetime) -> Iterator[PostedResult]:
    """The results of one run of a pipeline; its checks end one after the other."""
    rolls = dice(slug, pipeline.name, days_ago)
    observed_at = day(now, days_ago, pipeline.at) + timedelta(seconds=rolls.randint(0, 240))
    words = {"number": number, "date": f"{observed_at:%Y-%m-%d}", "week": f"{observed_at:%G.%V}"}
    run_id = f"{pipeline.name}-{number}"
    commit = f"{rolls.getrandbits(160):040x}"
    for check in pipeline.checks:
        observed_at += timedelta(seconds=rolls.randint(15, 150))
        if days_ago not in check.active:
            continue
        status = check.status(days_ago)
        metrics = _metrics(check, status, rolls)
        yield PostedResult(
            system=slug,
            test=check.test,
            run_id=run_id,
            status=status,
            check=check.name,
            observed_at=observed_at,
            message=_message(check, status, metrics),
            url=f"{CI}/{slug}/{pipeline.name}/{number}",
            commit=commit,
            branch=pipeline.branch,
            pipeline=pipeline.name,
            model_version=pipeline.model.format(**words),
            dataset_version=pipeline.dataset.format(**words),
            metrics=metrics,
        )


def _metrics(check: CheckStory, status: str, rolls: random.Random) -> dict[str, int | float]:
    """A value in each metric's range: whole where both bounds are, else with three significant decimals."""
    if status not in ("passed", "failed"):
        return {}
    ranges = {**check.metrics, **(check.failed_metrics if status == "failed" else {})}
    return {name: _value(low, high, rolls) for name, (low, high) in ranges.items()}


def _value(low: float, high: float, rolls: random.Random) -> int | float:
    if isinstance(low, int) and isinstance(high, int):
        return rolls.randint(low, high)
    return float(f"{rolls.uniform(low, high):.4g}")


def _message(check: CheckStory, status: str, metrics: Mapping[str, int | float]) -> str:
    match status:
        case "passed":
            return check.passes.format(**metrics)
        case "failed":
            return (check.fails or check.passes).format(**metrics)
        case "skipped":
            return "Skipped: an earlier stage of this run produced nothing to check."
    return "The step was killed for want of memory; nothing was measured."
