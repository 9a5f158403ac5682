"""The server's answers as text for a log and as Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from mlscore_client.results import instant_of

SOON = timedelta(days=14)
MOST_NAMES = 20
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&@!])")


def escaped(text: object) -> str:
    """Text that means nothing to Markdown or HTML: names of checks come from anywhere."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def number(value: object) -> str:
    """A score as people write it: 2, 1.5; a dash for none."""
    return f"{value:g}" if isinstance(value, (int, float)) else "–"


def answer_text(answer: dict[str, Any], dry_run: bool) -> str:
    """What posting or importing did, or recording an event."""
    if "kind" in answer:
        return event_text(answer)
    lines = [line for system in answer.get("systems", []) for line in _system_lines(system)]
    stored = "would be accepted (dry run: nothing was stored)" if dry_run else "accepted"
    lines.append(f"{answer.get('accepted', 0)} {stored}, {answer.get('duplicates', 0)} known already")
    lines.extend(f"warning: {warning}" for warning in answer.get("warnings", []))
    lines.extend(f"no rule maps: {name}" for name in _few(answer.get("unmapped", [])))
    return "\n".join(lines)


def event_text(event: dict[str, Any]) -> str:
    """A recorded release or note."""
    return f"{event.get('system')}: the {event['kind']} {event.get('title')} stands at {event.get('at')}"


def score_text(score: dict[str, Any], now: datetime) -> str:
    """A score, its categories, and what lapses soon."""
    band = (score.get("band") or {}).get("label", "no band")
    lines = [
        f"{score['system']}: {number(score['score'])} ({band}), claimed {number(score['claimed'])}, "
        f"verified {number(score['verified'])}"
    ]
    limiting = score.get("limiting", [])
    for category in score.get("categories", []):
        mark = "  limiting" if category["key"] in limiting else ""
        lines.append(f"  {category['key']:<12} {number(category['score'])} of {number(category['max'])}{mark}")
    lines.extend(f"  {key} ({level}) falls at {when:%Y-%m-%d %H:%M} UTC" for key, level, when in lapsing(score, now))
    return "\n".join(lines)


def gate_text(verdict: dict[str, Any]) -> str:
    """The verdict, one line a condition."""
    lines = ["gate passed" if verdict["passed"] else "gate FAILED"]
    for condition in verdict.get("conditions", []):
        mark = "ok  " if condition["passed"] else "FAIL"
        lines.append(
            f"  {mark} {condition['name']}: {number(condition['actual'])}, required {number(condition['required'])}"
        )
    return "\n".join(lines)


def plan_lines(plan: dict[str, Any]) -> list[str]:
    """The steps of a plan, in their order; an empty list when nothing is left to do."""
    return [_step(step) for step in plan.get("steps", [])]


def answers_markdown(answers: Sequence[dict[str, Any]], scores: dict[str, dict[str, Any] | None], now: datetime) -> str:
    """Before, after, what changed and what lapses soon, system by system; `scores` by slug, None where it may not be read."""
    parts = [escaped(event_text(answer)) for answer in answers if "kind" in answer]
    for slug, before, after, changed in _merged(answers):
        parts += [
            f"### MLScore: {escaped(slug)}",
            _table(before, after),
            _changes(changed),
            _lapses(scores.get(slug), now),
        ]
    unmapped = sorted({str(name) for answer in answers for name in answer.get("unmapped", [])})
    if unmapped:
        parts.append("**Mapped by no rule**\n\n" + "\n".join(f"- {escaped(name)}" for name in _few(unmapped)))
    warnings = [str(warning) for answer in answers for warning in answer.get("warnings", [])]
    if warnings:
        parts.append("**Warnings**\n\n" + "\n".join(f"- {escaped(warning)}" for warning in _few(warnings)))
    return "\n\n".join(parts or ["### MLScore", "Nothing was to report."])


def score_markdown(before: dict[str, Any] | None, after: dict[str, Any], now: datetime) -> str:
    """A score of now, against an earlier one when there is one."""
    old = _summary(before) if before else None
    changed = changes_between(before, after) if before else None
    parts = [f"### MLScore: {escaped(after['system'])}", _table(old, _summary(after))]
    if changed is not None:
        parts.append(_changes(changed))
    return "\n\n".join([*parts, _lapses(after, now)])


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """The tests whose level differs between two scores."""
    old = {test["key"]: test["level"] for test in before["tests"]}
    return [
        {"test": test["key"], "from": old.get(test["key"], "none"), "to": test["level"]}
        for test in after["tests"]
        if old.get(test["key"], "none") != test["level"]
    ]


def lapsing(score: dict[str, Any], now: datetime) -> list[tuple[str, str, datetime]]:
    """The tests whose verified level falls within 14 days, soonest first: key, level, instant."""
    found = []
    for test in score.get("tests", []):
        until = instant_of(test["fresh_until"]) if test.get("fresh_until") else None
        if until is not None and until <= now + SOON:
            found.append((str(test["key"]), str(test["verified"]), until.astimezone(timezone.utc)))
    return sorted(found, key=lambda row: row[2])


def _system_lines(system: dict[str, Any]) -> Iterable[str]:
    before, after = system["before"], system["after"]
    band = after.get("band") or "no band"
    yield f"{system['system']}: score {number(before['score'])} -> {number(after['score'])} ({band})"
    for change in system.get("changed", []):
        yield f"  {change['test']}: {change['from']} -> {change['to']}"


def _merged(
    answers: Sequence[dict[str, Any]],
) -> list[tuple[str, dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """Each system once: as it was before the first answer and after the last, and what changed between."""
    firsts: dict[str, dict[str, Any]] = {}
    lasts: dict[str, dict[str, Any]] = {}
    levels: dict[str, dict[str, list[str]]] = {}
    for system in (system for answer in answers for system in answer.get("systems", [])):
        slug = system["system"]
        firsts.setdefault(slug, system["before"])
        lasts[slug] = system["after"]
        for change in system.get("changed", []):
            levels.setdefault(slug, {}).setdefault(change["test"], [change["from"], ""])[1] = change["to"]
    return [
        (
            slug,
            firsts[slug],
            lasts[slug],
            [
                {"test": test, "from": start, "to": end}
                for test, (start, end) in levels.get(slug, {}).items()
                if start != end
            ],
        )
        for slug in firsts
    ]


def _summary(score: dict[str, Any]) -> dict[str, Any]:
    """A whole score in the short shape that postings answer."""
    categories = {category["key"]: category["score"] for category in score["categories"]}
    return {**score, "band": (score.get("band") or {}).get("label"), "categories": categories}


def _table(before: dict[str, Any] | None, after: dict[str, Any]) -> str:
    rows = [(name, name.lower()) for name in ("Score", "Claimed", "Verified")]
    cells = [(name, number(before.get(key)) if before else "", number(after.get(key))) for name, key in rows]
    cells.append(("Band", escaped((before or {}).get("band") or "–"), escaped(after.get("band") or "–")))
    limiting = after.get("limiting", [])
    for key, value in after.get("categories", {}).items():
        name = f"{escaped(key)} (limiting)" if key in limiting else escaped(key)
        cells.append((name, number((before or {}).get("categories", {}).get(key)), number(value)))
    if before is None:
        return "\n".join(["| | now |", "|---|---|", *(f"| {name} | {value} |" for name, _, value in cells)])
    return "\n".join(["| | before | after |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in cells)])


def _changes(changed: list[dict[str, Any]]) -> str:
    if not changed:
        return "No test changed its level."
    lines = [f"- {escaped(row['test'])}: {escaped(row['from'])} → {escaped(row['to'])}" for row in changed]
    return "\n".join(["**Changed**", "", *lines])


def _lapses(score: dict[str, Any] | None, now: datetime) -> str:
    if score is None:
        return "What lapses within 14 days is not shown: the token lacks the scope `read`."
    rows = lapsing(score, now)
    if not rows:
        return "Nothing lapses within 14 days."
    lines = [f"- {escaped(key)}: {escaped(level)} until {until:%Y-%m-%d %H:%M} UTC" for key, level, until in rows]
    return "\n".join(["**Lapses within 14 days** unless it runs again", "", *lines])


def _step(step: dict[str, Any]) -> str:
    to = step.get("to", step.get("level", ""))
    origin = f"{step['from']} -> " if step.get("from") else ""
    title = f"  {step['title']}" if step.get("title") else ""
    known = [f"effort {step['effort']}"] if step.get("effort") else []
    known += [f"score {number(step['score'])} then"] if "score" in step else []
    known += [f"leans on {', '.join(step['leans_on'])}, without credit"] if step.get("leans_on") else []
    more = f"  ({', '.join(known)})" if known else ""
    return f"{step.get('test', step.get('key', ''))}: {origin}{to}{title}{more}"


def _few(names: Sequence[Any]) -> list[Any]:
    """The names, or the first of many and how many more there are."""
    more = len(names) - MOST_NAMES
    return list(names) if more <= 0 else [*names[:MOST_NAMES], f"… and {more} more"]
