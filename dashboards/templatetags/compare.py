"""Tables of comparisons: systems beside each other, and what changed in one between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from html import escape
from urllib.parse import quote

from django import template
from django.template.defaultfilters import pluralize
from django.utils.safestring import SafeString

from assessments.entries import Entry
from dashboards import drawing, phrases
from dashboards.figures.palette import colour_name
from dashboards.organisation.compare_presenters import (
    Beside,
    CategoryChange,
    CategoryRow,
    ChangePage,
    ChangeRow,
    TestRow,
)
from dashboards.templatetags.addresses import Site, addresses, site
from dashboards.templatetags.components import delta, moment
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.once import Once
from scores.changes import Cause, CauseKind
from scores.score import Score

register = template.Library()

QUIET = '<span class="is-quiet">{}</span>'
UNKNOWN, UNTOLD, UNASSESSED = map(QUIET.format, ("not in its rubric", "–", "Not assessed"))


@register.simple_tag
def system_links(systems: Once[Entry], organisation: str) -> SafeString:
    """The names of systems as a part of a sentence, each a link to its page."""
    return _system_links(site(), systems, organisation)


@lru_cache(maxsize=64)
def _system_links(lies: Site, systems: Once[Entry], organisation: str) -> SafeString:
    links = [f'<a href="{addresses("system", organisation, each.slug)[1]}">{escape(each.name)}</a>' for each in systems]
    return SafeString(", ".join(links))


@register.simple_tag
def beside_heads(page: Beside) -> SafeString:
    """The heads of the systems' columns."""
    return SafeString("".join([f'<th scope="col">{escape(column.name)}</th>' for column in page.columns]))


@register.simple_tag
def beside_rows(page: Beside, organisation: str) -> SafeString:
    """The bodies of the table: final scores, then categories with their points and their tests."""
    starts = [f'<td data-label="{escape(column.name)}">' for column in page.columns]
    pages = [addresses("system", organisation, column.slug)[1] for column in page.columns]
    told = [score is not None for score in page.scores]
    categories = [_category(category, starts, pages, told) for category in page.categories]
    return SafeString(f"<tbody>{_score_rows(page, starts)}</tbody>{''.join(categories)}")


def _score_rows(page: Beside, starts: Sequence[str]) -> str:
    """The three rows of final scores."""
    told = [_scores(score) if score else (UNASSESSED, "–", "–") for score in page.scores]
    return "".join(
        f'<tr><th scope="row">{word}</th>'
        f"{''.join(f'{start}{own[place]}</td>' for start, own in zip(starts, told, strict=True))}</tr>"
        for place, word in enumerate(("Score", "Claimed", "Verified"))
    )


def _scores(score: Score) -> tuple[str, str, str]:
    """The score with its band, what of it is claimed, and what is verified."""
    texts = [phrases.score(each.score, score.rubric) for each in (score.score, score.claimed, score.verified)]
    label = f" <small>{escape(score.band.label)}</small>" if score.band else " "
    return f"<b>{texts[0]}</b>{label}", texts[1], texts[2]


def _category(row: CategoryRow, starts: Sequence[str], pages: Sequence[str], told: Sequence[bool]) -> str:
    """A category; each cell of its tests leads to the system's own page of the test."""
    colour, title = colour_name(row.rubric, row.category.key), escape(row.category.title)
    points = "".join(
        f"{start}{'–' if value is None else f'<b>{phrases.points(value)}</b>'}</td>"
        for start, value in zip(starts, row.points, strict=True)
    )
    tests = "".join([_test_row(test, starts, pages, told) for test in row.tests])
    return (
        f'<tbody><tr class="group"><th scope="rowgroup"><span class="dot cat-{colour}"></span>{title}</th>{points}</tr>'
        f"{tests}</tbody>"
    )


def _test_row(row: TestRow, starts: Sequence[str], pages: Sequence[str], told: Sequence[bool]) -> str:
    key = row.test.key
    cells = [
        f'{start}<a href="{page}tests/{key}/">{_level(*cell)}</a></td>'
        if cell and is_told
        else f"{start}{UNTOLD if cell else UNKNOWN}</td>"
        for cell, start, page, is_told in zip(row.cells, starts, pages, told, strict=True)
    ]
    return f"{_test_head(row.test.title, row.differs)}{''.join(cells)}</tr>"


@lru_cache(maxsize=1024)
def _test_head(title: str, differs: bool) -> str:
    mark = f"{drawing.glyph('i-differ', 'i', 'differs:')} " if differs else ""
    return f'<tr><th scope="row">{mark}{escape(title)}</th>'


@lru_cache
def _level(claimed: Level, verified: Level, not_applicable: bool) -> str:
    """The level disc and its word."""
    name, label = phrases.disc(claimed, verified, not_applicable=not_applicable)
    word = phrases.level_word(max(claimed, verified), not_applicable=not_applicable)
    return f'{drawing.glyph(name, "g", label)}<span aria-hidden="true">{word}</span>'


@register.simple_tag
@lru_cache(maxsize=64)
def changed_points(page: ChangePage) -> SafeString:
    """A row for the score and one for each category: its points at both dates, and the change."""
    before, after = ("–" if each is None else f"<b>{_points(each)}</b>" for each in (page.before, page.after))
    rows = [_row("Score", before, after, page.delta), *[_category_change(row, page.rubric) for row in page.categories]]
    return SafeString("".join(rows))


def _points(score: Score) -> str:
    return phrases.score(score.score.score, score.rubric)


def _row(head: str, before: str, after: str, change: Fraction | None) -> str:
    return (
        f'<tr><th scope="row">{head}</th><td class="num">{before}</td><td class="num">{after}</td>'
        f'<td class="num">{delta(change)}</td></tr>'
    )


def _category_change(row: CategoryChange, rubric: Rubric) -> str:
    before, after = ("–" if value is None else phrases.points(value) for value in (row.before, row.after))
    dot = f'<span class="dot cat-{colour_name(rubric, row.category.key)}"></span>'
    return _row(dot + escape(row.category.title), before, after, row.change)


@register.simple_tag
def changed_tests(page: ChangePage, organisation: str, system: str) -> SafeString:
    """A row for each test that differs, with the facts that changed it."""
    return _changed_tests(site(), page, organisation, system)


@lru_cache(maxsize=64)
def _changed_tests(lies: Site, page: ChangePage, organisation: str, system: str) -> SafeString:
    return SafeString("".join([_changed(row, organisation, system) for row in page.tests]))


def _changed(row: ChangeRow, organisation: str, system: str) -> str:
    change, test = row.change, row.change.test
    _, address = addresses("system-test", organisation, system, test.key)
    causes = [f"<li>{_cause(cause, test.key, organisation, system)}</li>" for cause in change.causes]
    if change.earlier:
        causes.insert(0, f'<li class="is-quiet">{change.earlier} earlier change{pluralize(change.earlier)}</li>')
    return (
        f'<tr><th scope="row"><a href="{address}">{escape(test.title)}</a></th><td>{_level(*row.before)}</td>'
        f'<td>{_level(*row.after)}</td><td><ul class="causes">{"".join(causes)}</ul></td></tr>'
    )


def _cause(cause: Cause, test: str, organisation: str, system: str) -> str:
    at, after = moment(cause.at, "date"), phrases.level_word(cause.after).lower()
    if cause.kind is CauseKind.ASSESSMENT:
        _, address = addresses("assessment", organisation, system, cause.assessment)
        return f'{at}: <a href="{address}">assessment</a> by {escape(cause.by)} claims {after}'
    if cause.kind is CauseKind.RUN:
        _, address = addresses("system-results", organisation, system)
        query = f"?test={quote(test)}&amp;run_id={quote(cause.by, safe='')}"
        run = f'<a href="{address}{query}">run {escape(cause.by)}</a>' if cause.by else "a run"
        return f"{at}: {run} proves {after}"
    before = phrases.level_word(cause.before).lower()
    return f"{drawing.glyph('i-lapse')} {at}: evidence lapsed, {before} to {after}"
