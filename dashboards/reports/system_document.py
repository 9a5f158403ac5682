"""The document of a system's report, from what was read: JSON values. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from dashboards import phrases
from dashboards.figures.chart import day
from dashboards.figures.palette import colour_name
from dashboards.planning.presenters import lines
from dashboards.reports.document import (
    Document,
    band_of,
    fact,
    header,
    instant,
    minute,
    organisation_rules,
    own_windows,
    person_name,
    rubric_fact,
    value_of,
)
from dashboards.reports.reading import SystemReading
from dashboards.reports.system_history import chart, history
from dashboards.system.presenters import hero
from evidence.rules_of import Rules
from rubric.planning import plan
from rubric.scoring import number
from scores.gate import target_condition
from scores.initiatives import StepProgress
from scores.marks import Event, EventKind
from scores.overview import review_is_due
from scores.plan import Position, efforts_of
from scores.score import CategoryScore, FullScore, TestScore
from scores.steps import next_goal

MOST_EVENTS = 30


def system_document(reading: SystemReading) -> Document:
    """The document of what was read."""
    full, system = reading.full, reading.system
    about = [
        fact("Team", system.team.name if system.team else ""),
        fact("Owner", person_name(system.owner)),
        fact("Lifecycle", system.get_lifecycle_display()),
        fact("Tags", ", ".join(system.tags)),
        fact("Repository", system.repository_url),
    ]
    document = header("system", system.name, system.organisation, reading.at, about)
    document |= {"description": system.description, "score": None, "basis": _basis(reading)}
    if full is None:
        return document
    rubric = full.total.rubric
    return document | {
        "score": _score(reading, full),
        "categories": [_category(row, full) for row in full.categories],
        "chart": chart(rubric, reading),
        "history": history(rubric, reading),
        "groups": [_group(row, full, reading) for row in full.categories],
        "plan": _plan(reading, full),
        "initiatives": _initiatives(reading.steps),
        "events": [_event(mark) for mark in reversed(reading.marks[-MOST_EVENTS:])],
    }


def _event(mark: Event) -> dict[str, str]:
    """A mark without who assessed, as a report may be read outside."""
    text = "Assessment" if mark.kind is EventKind.ASSESSMENT else mark.text
    if mark.told is not None:
        text = f"{EventKind(mark.kind).value.capitalize()}: {text}"
    return {"day": day(mark.at), "kind": mark.kind.value, "text": text}


def _score(reading: SystemReading, full: FullScore) -> dict[str, Any]:
    """The leading number with what stands around it."""
    shown, total = hero(full, reading.ran_by(reading.at)), full.total
    names = [row.category.title for row in shown.limiting]
    joined = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    policy = target_condition(reading.system, total.score.score)
    return {
        "rubric": total.rubric.title,
        "number": shown.number,
        "out_of": shown.out_of,
        "value": number(total.score.score),
        "claimed": value_of(total.claimed.score, total.rubric, reported=reading.assessed_by(reading.at)),
        "verified": value_of(total.verified.score, total.rubric, reported=reading.ran_by(reading.at)),
        "adjusted": None if full.adjusted is None else number(full.adjusted),
        "adjusted_note": f"Adjusted {shown.adjusted}, without {_tests(shown.left_out)} claimed not applicable."
        if shown.adjusted
        else "",
        "band": band_of(total.band, total.rubric),
        "limiting": list(total.score.limiting),
        "why": f"{joined} {shown.holds_back} {shown.next_band}".strip(),
        "unverified": shown.unverified,
        "credited": shown.credited,
        "target": None if policy is None else {**value_of(policy.required, total.rubric), "passed": policy.passed},
    }


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _category(row: CategoryScore, full: FullScore) -> dict[str, Any]:
    return {
        "key": row.category.key,
        "title": row.category.title,
        "colour": colour_name(full.total.rubric, row.category.key),
        "tests": len(row.category.tests),
        "max": number(row.maximum),
        "score": number(row.score),
        "claimed": number(row.claimed),
        "verified": number(row.verified),
        "shown": phrases.points(row.score),
        "shown_verified": phrases.points(row.verified),
        "shown_max": f"{float(row.maximum):g}",
        "limits": row.limits,
    }


def _group(row: CategoryScore, full: FullScore, reading: SystemReading) -> dict[str, Any]:
    tests = [_test(test, reading) for test in full.tests if test.test.category == row.category.key]
    return {**_category(row, full), "rows": tests}


def _test(test: TestScore, reading: SystemReading) -> dict[str, Any]:
    key = test.test.key
    window = Rules.of(reading.system).freshness(key).window
    glyph, says = phrases.disc(test.claimed, test.verified, not_applicable=test.not_applicable)
    fresh, health = phrases.freshness(test, reading.at, window), phrases.health(test.health)
    answer = reading.answers.get(key)
    attachments = reading.attachments.get(key, ())
    return {
        "key": key,
        "title": test.test.title,
        "level": test.level.key,
        "claimed": test.claimed.key,
        "verified": test.verified.key,
        "not_applicable": test.not_applicable,
        "runs": test.runs,
        "last_run_at": None if test.last_run_at is None else instant(test.last_run_at),
        "fresh_until": None if test.fresh_until is None else instant(test.fresh_until),
        "health": test.health.value,
        "disc": glyph,
        "says": says,
        "word": phrases.level_word(test.level, not_applicable=test.not_applicable),
        "claim": phrases.level_word(test.claimed, not_applicable=test.not_applicable).lower(),
        "differs": test.evidence_says_less or test.evidence_says_more,
        "fresh": {"text": fresh.text, "tone": fresh.tone},
        "health_word": {"text": health.text, "tone": health.tone},
        "justification": answer.justification if answer else "",
        "links": list(answer.evidence) if answer else [],
        "notes": [each.note for each in attachments if each.note],
        "files": [each.name for each in attachments if each.name],
    }


def _plan(reading: SystemReading, full: FullScore) -> dict[str, Any] | None:
    """The cheapest steps to the system's target, or to the next band where it has none or holds it; None without any."""
    rubric, score, system = full.total.rubric, full.total.score.score, reading.system
    target = None if system.target_score is None else Fraction(system.target_score)
    goal = next_goal(rubric, score, target)
    if goal is None:
        return None
    position = Position(system, rubric, reading.at, reading.levels, efforts_of(system))
    made = plan(rubric, position.credited, goal, efforts=position.efforts, not_applicable=position.levels.left_out)
    shown = [
        {
            "title": line.title,
            "key": line.key,
            "change": line.change,
            "effort": line.effort,
            "gain": line.gain,
            "score": line.score,
            "why": line.why,
        }
        for line in lines(position, made, ())
    ]
    return {"goal": value_of(goal, rubric), "of_target": target is not None and target > score, "lines": shown}


def _initiatives(steps: Sequence[StepProgress]) -> list[dict[str, Any]]:
    """What was resolved upon, initiative by initiative."""
    found = []
    for initiative, own in groupby(steps, key=lambda each: each.step.initiative):
        rows = [_step(each) for each in own]
        due = initiative.due_on
        found.append({"title": initiative.title, "due": "" if due is None else f"{due.day} {due:%b %Y}", "steps": rows})
    return found


def _step(each: StepProgress) -> dict[str, Any]:
    step, due = each.step, each.step.due_on
    return {
        "title": each.test.title if each.test else step.test,
        "level": step.level,
        "gain": f"+{phrases.fraction(each.points)}",
        "owner": person_name(step.owner),
        "due": "" if due is None else f"{due.day} {due:%b %Y}",
        "done": "" if each.done_since is None else day(each.done_since),
    }


def _basis(reading: SystemReading) -> list[dict[str, str]]:
    """The facts that the report rests on, and the rules by which they are read."""
    system, rules, full = reading.system, Rules.of(reading.system), reading.full
    found = [fact("Claims", _claims(reading)), fact("Earlier assessments", _earlier(reading))]
    if full is not None:
        newest = max((test.last_run_at for test in full.tests if test.last_run_at), default=None)
        runs = sum(test.runs for test in full.tests)
        proved = sum(1 for test in full.tests if test.verified)
        said = f"{runs} run{'' if runs == 1 else 's'} in the windows, which prove {_tests(proved)}"
        found.append(fact("Evidence", said + (f"; the newest of {minute(newest)}" if newest else "")))
        found.append(fact("First fact", minute(reading.since) if reading.since else ""))
        found.append(rubric_fact(full.total.rubric))
    found += [*organisation_rules(system.organisation), *own_windows(rules.windows)]
    found.append(fact("Counted branch", rules.counted_branch or ""))
    found.append(fact("Policy", _policy(reading)))
    return [each for each in found if each["value"]]


def _claims(reading: SystemReading) -> str:
    assessment = reading.assessment
    if assessment is None or assessment.effective_at is None:
        return "none: the system was not assessed"
    due = review_is_due(reading.system, assessment.effective_at, reading.at)
    return f"{_assessment(assessment.pk, assessment.effective_at, assessment.imported)}{'; a review is due' if due else ''}"


def _assessment(number: int, effective_at: datetime, imported: bool) -> str:
    return f"assessment {number} of {minute(effective_at)}{', imported' if imported else ''}"


def _earlier(reading: SystemReading) -> str:
    found = [f"{each.pk} ({day(each.effective_at)})" for each in reading.finals[:-1] if each.effective_at]
    return ", ".join(found)


def _policy(reading: SystemReading) -> str:
    if reading.full is None:
        return ""
    policy = target_condition(reading.system, reading.full.total.score.score)
    if policy is None:
        return "no target score is set"
    required = value_of(policy.required, reading.full.total.rubric)["shown"]
    return f"a score of {required} or more, which {'holds' if policy.passed else 'does not hold'}"
