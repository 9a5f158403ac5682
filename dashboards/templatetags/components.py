"""The parts that pages are made of, as template tags: `phrases` decides what they say, `drawing` how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from html import escape

from django import template
from django.template.defaultfilters import floatformat
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.figures.chart import Chart
from dashboards.figures.palette import colour_name
from dashboards.moments import address_at, query_at
from dashboards.phrases import Phrase
from dashboards.plotly import map_style_id
from dashboards.templatetags.charts import drawn_chart
from rubric.definition import Band, Rubric
from rubric.levels import Level
from scores.score import CategoryScore, Health, TestScore

register = template.Library()

register.filter("points", phrases.points)
register.filter("percent", phrases.percent)
register.filter("at_query", query_at)
register.filter("as_of", address_at)
register.simple_tag(phrases.score, name="score_text")
register.simple_tag(phrases.level_word, name="level_word")

TIME_FORMATS = {"date": "{0.day} {0:%b %Y}", "short": "{0.day} {0:%b %Y}", "minute": "{0.day} {0:%b %Y, %H:%M} UTC"}


@register.filter
def category_class(key: str, rubric: Rubric) -> str:
    """The CSS class that gives a category its colour, such as `cat-data`, for any category of any rubric."""
    return f"cat-{colour_name(rubric, key)}"


@register.simple_tag
def icon(name: str, css: str = "i", label: str = "") -> SafeString:
    """A symbol of the sprite, such as `i-check`; `label` makes it an image with that name."""
    return drawing.glyph(name, css, label)


@register.simple_tag
def disc(claimed: Level, verified: Level, not_applicable: bool = False, named: bool = True) -> SafeString:
    """The level disc. Pass `named=False` where the word stands beside it."""
    name, label = phrases.disc(Level(claimed), Level(verified), not_applicable=not_applicable)
    return drawing.glyph(name, "g", label if named else "")


@register.simple_tag
def band(band: Band | None, rubric: Rubric) -> SafeString:
    """A band's glyph and label; nothing where the rubric has no bands."""
    if band is None:
        return SafeString("")
    return format_html('<span class="band">{}{}</span>', band_glyph(band, rubric), band.label)


@register.simple_tag
def band_glyph(band: Band, rubric: Rubric) -> SafeString:
    """The five rising steps alone, to stand beside the band's label."""
    return drawing.glyph(f"band-{drawing.band_steps(rubric, band)}")


@register.simple_tag
def category_bar(row: CategoryScore, rubric: Rubric, slim: bool = False) -> SafeString:
    """The bar of one category: solid = verified, hatched = claimed only."""
    colour = colour_name(rubric, row.category.key)
    return drawing.category_bar(
        colour, row.score, row.verified, row.maximum, len(row.category.tests), height=8 if slim else 12
    )


@register.simple_tag
def category(row: CategoryScore, rubric: Rubric, href: str = "", slim: bool = False) -> SafeString:
    """One `li` of a category list: name, bar, score, verified points, and whether it holds the score."""
    return _category(
        category_bar(row, rubric, slim), row.category.title, row.score, row.verified, row.limits, href, slim
    )


@register.simple_tag
def categories(rows: Sequence[CategoryScore], rubric: Rubric) -> SafeString:
    """The same of all categories of a page on which each has a place of its own, under its key."""
    return SafeString("".join([category(row, rubric, f"#{row.category.key}") for row in rows]))


@register.simple_tag
def limiting(rows: Sequence[CategoryScore]) -> SafeString:
    """The names of categories as a part of a sentence, each a link to its place on the page."""
    links = [f'<a href="#{escape(row.category.key)}">{escape(row.category.title)}</a>' for row in rows]
    return SafeString(" and ".join([", ".join(links[:-1]), links[-1]] if len(links) > 1 else links))


@lru_cache(maxsize=4096)
def _category(
    bar: SafeString, title: str, score: Fraction, verified: Fraction, limits: bool, href: str, slim: bool
) -> SafeString:
    name = format_html('<a class="cat-name" href="{}">{}</a>', href, title) if href else ""
    return format_html(
        '<li class="cat{}">{}{}<span class="cat-score">{}</span> {}{}</li>',
        " is-limit" if limits else "",
        name or format_html('<span class="cat-name">{}</span>', title),
        bar,
        phrases.points(score),
        "" if slim else format_html('<span class="cat-note">{} verified</span> ', phrases.points(verified)),
        holds_score() if limits else "",
    )


@register.simple_tag
@lru_cache
def holds_score() -> SafeString:
    """The mark of a category that holds the score."""
    return format_html('<span class="cat-limit">{}holds the score</span>', drawing.glyph("i-limit"))


@register.simple_tag
@lru_cache
def category_axis(rubric: Rubric) -> SafeString:
    """The scale below category bars; empty where the categories' maxima differ and no scale fits them all."""
    maxima = {rubric.category_maximum(category.key) for category in rubric.categories}
    if len(maxima) > 1:
        return SafeString("")
    unit = rubric.scale[Level.AUTOMATED]
    ticks = ((floatformat(unit * step, -1),) for step in range(int(max(maxima) / unit) + 1))
    return format_html('<p class="axis" aria-hidden="true">{}</p>', format_html_join("", "<span>{}</span>", ticks))


@register.simple_tag
def phrase(value: Phrase, css: str = "says") -> SafeString:
    """A phrase with its glyph, in its tone."""
    mark = drawing.glyph(value.glyph) if value.glyph else ""
    tone = f" is-{value.tone}" if value.tone else ""
    return SafeString(f'<span class="{css}{tone}">{mark}{escape(value.text)}</span>')


@register.simple_tag
def freshness(test: TestScore, now: datetime, window: timedelta | None = None) -> SafeString:
    """How long a test's evidence holds, such as `fresh until 12 Dec`."""
    return phrase(phrases.freshness(test, now, window), "fresh")


@register.simple_tag
@lru_cache
def health(value: Health) -> SafeString:
    """`passing`, `failing` or a dash."""
    if value is Health.NONE:
        return SafeString('<span class="health is-quiet"><span class="vh">health unknown</span>–</span>')
    return phrase(phrases.health(value), "health")


@register.simple_tag
def claim(test: TestScore) -> SafeString:
    """What is claimed, marked with ≠ where evidence says otherwise."""
    return claim_word(test.claimed, test.not_applicable, test.evidence_says_less or test.evidence_says_more)


@lru_cache
def claim_word(claimed: Level, not_applicable: bool, differs: bool) -> SafeString:
    """The level that is claimed, in words; `differs` marks that evidence says otherwise."""
    word = phrases.level_word(claimed, not_applicable=not_applicable).lower()
    mark = drawing.glyph("i-differ", "i", "differs:") if differs else ""
    tone = "claim" if differs else "claim is-quiet"
    return SafeString(f'<span class="{tone}"><span class="t-lead">claimed </span>{mark}{word}</span>')


@register.simple_tag
def disagreement(test: TestScore, now: datetime) -> SafeString:
    """A sentence on what evidence says beside the claim."""
    return phrase(phrases.disagreement(test, now))


@register.simple_tag
def sparkline(
    points: Sequence[tuple[datetime, Fraction]], start: datetime, end: datetime, top: Fraction | int
) -> SafeString:
    """A step line of (instant, value); all of one table share `top`."""
    if not points:
        return SafeString("")
    label = f"from {phrases.points(points[0][1])} to {phrases.points(points[-1][1])}"
    return drawing.sparkline(points, start, end, Fraction(top), label)


@register.simple_tag
@lru_cache(maxsize=1024)
def delta(change: Fraction | None) -> SafeString:
    """A change with its arrow; a fall stands out, a dash where there is nothing to compare."""
    if change is None:
        return SafeString('<span class="is-quiet">–</span>')
    return _delta(change)


@lru_cache(maxsize=1024)
def _delta(change: Fraction) -> SafeString:
    if change == 0:
        return SafeString('<span class="is-quiet">0.0</span>')
    css, name, word = ("delta", "i-up", "up") if change > 0 else ("delta is-fail", "i-down", "down")
    return format_html(
        '<span class="{}">{}{}<span class="vh"> {}</span></span>',
        css,
        drawing.glyph(name),
        phrases.points(abs(change)),
        word,
    )


@register.simple_tag
def moment(at: datetime | None, style: str = "minute") -> SafeString:
    """An instant in UTC, which times.js shows in the reader's zone; None: a dash.

    Styles: `date`, `minute`, and `short`, from which times.js takes the year where it is the reader's current one.
    """
    return SafeString("–") if at is None else _moment(at, style)


@lru_cache(maxsize=4096)
def _moment(at: datetime, style: str) -> SafeString:
    exact = at.astimezone(UTC).replace(tzinfo=None)
    return SafeString(
        f'<time datetime="{exact.isoformat()}Z" title="{exact.isoformat(" ", "microseconds")} UTC" data-zone="{style}">'
        f"{TIME_FORMATS[style].format(exact)}</time>"
    )


@register.simple_tag
def chart(name: str, chart: Chart, title: str, level: int = 2, moves: str = "") -> SafeString:
    """A chart with its range buttons, key and table. `name` is unique on the page; the page includes `chart_assets`.

    `moves` is the address of a page that takes `?at=`: a click at an instant, and the table's dates, lead there.
    """
    return drawn_chart(name, chart, title, level, moves)


@register.simple_tag
@lru_cache
def chart_assets() -> SafeString:
    """What a page with charts loads, in its `head` block; it stays the same as long as the process."""
    return render_to_string("components/chart_assets.html", {"map_style_id": map_style_id()})


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """The options of a choice, each its value and its label."""
    return SafeString("".join([_option(value, str(label), value == chosen) for value, label in choices]))


@lru_cache(maxsize=4096)
def _option(value: str, label: str, chosen: bool) -> SafeString:
    return format_html('<option value="{}"{}>{}</option>', value, SafeString(" selected") if chosen else "", label)
