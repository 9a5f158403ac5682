"""Rows of tables of tests. They are many, and what a cell shows is one of few, made once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from html import escape

from django import template
from django.template.defaultfilters import floatformat
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.figures.palette import colour_name
from dashboards.phrases import Phrase
from dashboards.system.presenters import Group, TestRow
from dashboards.templatetags.components import claim_word, health, holds_score, phrase
from rubric.definition import Rubric
from rubric.levels import Level
from scores.score import Health

register = template.Library()


@lru_cache
def _disc(claimed: Level, verified: Level, not_applicable: bool) -> SafeString:
    name, label = phrases.disc(claimed, verified, not_applicable=not_applicable)
    return drawing.glyph(name, "g", label)


@register.simple_tag
def test_groups(groups: Sequence[Group], rubric: Rubric, page: str, query: str) -> SafeString:
    """The tests of a system by category; `page` is the system's address, and `query` leads to the instant that is shown."""
    return SafeString("".join([_group(group, rubric, escape(page), escape(query)) for group in groups]))


def _group(group: Group, rubric: Rubric, address: str, query: str) -> str:
    row = group.row
    start, end = _head(
        colour_name(rubric, row.category.key),
        row.category.key,
        row.category.title,
        *(row.score, row.maximum, row.verified, row.limits),
    )
    tests = "".join([_test_row(test, address, query) for test in group.tests])
    return f"{start}{address}explain/{query}{end}{tests}</tbody>"


@lru_cache(maxsize=4096)
def _head(
    colour: str, key: str, title: str, score: Fraction, maximum: Fraction, verified: Fraction, limits: bool
) -> tuple[str, str]:
    """A category's row, before and after the address of the page that explains it."""
    holds = holds_score() if limits else ""
    return (
        f'<tbody id="{escape(key)}"><tr class="group"><th scope="rowgroup" colspan="4"><span class="dot cat-{colour}"></span>'
        f'{escape(title)}{holds}</th><td colspan="2"><a href="',
        f'#{escape(key)}"><b>{phrases.points(score)}</b></a> of {floatformat(maximum, -2)} · '
        f"{phrases.points(verified)} verified</td></tr>",
    )


def _test_row(row: TestRow, address: str, query: str) -> str:
    test = row.score
    start, end = _test(
        *(test.test.key, test.test.title, test.claimed, test.verified, test.level, test.not_applicable),
        *(test.evidence_says_less or test.evidence_says_more, test.health),
        row.fresh,
    )
    return f"{start}{address}{query.join(end)}"


@lru_cache(maxsize=4096)
def _test(
    key: str,
    title: str,
    claimed: Level,
    verified: Level,
    level: Level,
    not_applicable: bool,
    differs: bool,
    healthy: Health,
    fresh: Phrase,
) -> tuple[str, tuple[str, str]]:
    """A test's row: what stands before its system's address, and what follows it, before and after the query part."""
    return (
        f'<tr><td class="t-g">{_disc(claimed, verified, not_applicable)}</td><th scope="row" class="t-name"><a href="',
        (
            f"tests/{escape(key)}/",
            f'">{escape(title)}</a></th><td class="t-level{"" if level else " is-quiet"}">'
            f"{phrases.level_word(level, not_applicable=not_applicable)}</td>"
            f'<td class="t-claim">{claim_word(claimed, not_applicable, differs)}</td>'
            f'<td class="t-fresh">{phrase(fresh, "fresh")}</td><td class="t-health">{health(healthy)}</td></tr>',
        ),
    )
