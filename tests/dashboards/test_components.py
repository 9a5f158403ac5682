"""Components as pages get them: rendered HTML, for each combination that the look distinguishes."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.template import Context, Template

from dashboards import phrases
from dashboards.drawing import band_steps
from dashboards.figures import system_trend
from dashboards.plotly import SCRIPT, layer_rules, map_style_id, package_data
from rubric.levels import Level
from scores.score import Health
from tests.dashboards.rows import DAY, NOW, category_scores, story, test_score
from tests.dashboards.rubrics import practices, two_thousand_seventeen

NONE, MANUAL, AUTOMATED = Level
RUBRIC = two_thousand_seventeen()
MICROSECOND = timedelta(microseconds=1)


def rendered(template: str, **context: Any) -> str:
    return Template("{% load components %}" + template).render(Context(context))


def words(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


@pytest.mark.parametrize(
    ("claimed", "verified", "not_applicable", "glyph", "label"),
    [
        (NONE, NONE, False, "l-00", "none"),
        (NONE, MANUAL, False, "l-v0", "manual, verified"),
        (NONE, AUTOMATED, False, "l-vv", "automated, verified"),
        (MANUAL, NONE, False, "l-c0", "manual, claimed only"),
        (MANUAL, MANUAL, False, "l-v0", "manual, verified"),
        (MANUAL, AUTOMATED, False, "l-vv", "automated, verified"),
        (AUTOMATED, NONE, False, "l-cc", "automated, claimed only"),
        (AUTOMATED, MANUAL, False, "l-vc", "automated claimed, manual verified"),
        (AUTOMATED, AUTOMATED, False, "l-vv", "automated, verified"),
        (NONE, NONE, True, "l-na", "not applicable"),
        (NONE, MANUAL, True, "l-v0", "manual, verified"),
        (NONE, AUTOMATED, True, "l-vv", "automated, verified"),
    ],
)
def test_a_disc_shows_claim_beside_proof(
    claimed: Level, verified: Level, not_applicable: bool, glyph: str, label: str
) -> None:
    html = rendered("{% disc c v n %}", c=claimed, v=verified, n=not_applicable)
    assert html == f'<svg class="g" role="img" aria-label="{label}"><use href="#{glyph}"/></svg>'


def test_every_glyph_that_components_use_is_in_the_sprite() -> None:
    sprite = Template('{% include "components/sprite.html" %}').render(Context())
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    discs = {phrases.disc(c, v, not_applicable=n)[0] for c in Level for v in Level for n in (False, True)}
    bands = {f"band-{band_steps(RUBRIC, band)}" for band in RUBRIC.bands}
    assert discs | bands | {"i-check", "i-cross", "i-lapse", "i-soon", "i-differ", "i-limit", "i-up", "i-down"} <= drawn


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0.0"), ("1.5", "1.5"), ("7", "7.0"), ("0.25", "0.25"), ("1/3", "0.33"), ("10", "10.0"), ("100", "100.0")],
)
def test_points_have_one_decimal_and_two_where_they_need_it(value: str, text: str) -> None:
    assert rendered("{{ value|points }}", value=Fraction(value)) == text


@pytest.mark.parametrize(("value", "text"), [("0", "0 %"), ("50", "50 %"), ("100/3", "33.3 %"), ("100", "100 %")])
def test_scores_of_shares_are_percentages(value: str, text: str) -> None:
    assert rendered("{% score_text value rubric %}", value=Fraction(value), rubric=practices()) == text
    assert rendered("{% score_text value rubric %}", value=Fraction(3, 2), rubric=RUBRIC) == "1.5"


def test_a_band_is_its_steps_and_its_name() -> None:
    assert [band_steps(RUBRIC, band) for band in RUBRIC.bands] == [0, 1, 2, 3, 4, 5]
    html = rendered("{% band band rubric %}", band=RUBRIC.bands[2], rubric=RUBRIC)
    assert '<use href="#band-2"/>' in html
    assert words(html) == "First pass"
    assert rendered("{% band band rubric %}", band=None, rubric=practices()) == ""


def test_a_bar_is_solid_up_to_what_is_verified_and_hatched_up_to_the_score() -> None:
    row = category_scores(RUBRIC, ("3.5", "1.75"), ("7", "7"), ("0", "0"), ("1", "0"))[0]
    html = rendered("{% category_bar row rubric %}", row=row, rubric=RUBRIC)
    assert 'class="catbar cat-data"' in html
    assert '<rect class="claim" width="50.00%" height="100%" rx="2" fill="url(#hatch-data)"/>' in html
    assert '<rect class="proof" width="25.00%"' in html
    assert html.count("<line") == 6
    assert "style=" not in html


def test_a_bar_without_claims_beyond_evidence_has_nothing_hatched() -> None:
    row = category_scores(RUBRIC, ("7", "7"), ("7", "7"), ("0", "0"), ("1", "0"))[1]
    html = rendered("{% category_bar row rubric slim=True %}", row=row, rubric=RUBRIC)
    assert "claim" not in html
    assert '<rect class="proof" width="100.00%"' in html


def test_a_category_says_its_numbers_and_whether_it_holds_the_score() -> None:
    rows = category_scores(RUBRIC, ("4", "3"), ("3.5", "2.5"), ("5.5", "4"), ("1.5", "0.5"))
    texts = [words(rendered("{% category row rubric %}", row=row, rubric=RUBRIC)) for row in rows]
    assert texts == [
        "Data 4.0 3.0 verified",
        "Model 3.5 2.5 verified",
        "Infrastructure 5.5 4.0 verified",
        "Monitoring 1.5 0.5 verified holds the score",
    ]


def test_bars_of_one_scale_have_an_axis_and_others_none() -> None:
    assert words(rendered("{% category_axis rubric %}", rubric=RUBRIC)) == "0 1 2 3 4 5 6 7"
    assert words(rendered("{% category_axis rubric %}", rubric=practices())) == ""


def test_any_category_has_a_colour() -> None:
    found = [rendered("{{ c.key|category_class:r }}", c=each, r=practices()) for each in practices().categories]
    assert found == ["cat-data", "cat-model", "cat-infra", "cat-monitor", "cat-data"]


@pytest.mark.parametrize(
    ("runs", "last_run_ago", "fresh_for", "window", "text", "tone"),
    [
        (0, None, None, None, "no runs reported", "quiet"),
        (9, DAY, 21 * DAY, None, "fresh until 12 Dec", ""),
        (9, DAY, 60 * DAY, None, "fresh until 20 Jan 2027", ""),
        (1, DAY, 21 * DAY, None, "1 run, fresh until 12 Dec", ""),
        (1, 26 * DAY, 7 * DAY + MICROSECOND, None, "1 run, fresh until 28 Nov", ""),
        (1, 26 * DAY, 7 * DAY, None, "1 run left, lapses in 7 days", "warn"),
        (1, 26 * DAY, 2 * DAY - MICROSECOND, None, "1 run left, lapses in 1 day", "warn"),
        (1, 26 * DAY, DAY, None, "1 run left, lapses in 1 day", "warn"),
        (1, 29 * DAY, DAY - MICROSECOND, None, "1 run left, lapses in under a day", "warn"),
        (2, 26 * DAY, 4 * DAY, None, "lapses in 4 days", "warn"),
        (0, 41 * DAY, None, 30 * DAY, "lapsed 11 days ago", "warn"),
        (0, 31 * DAY, None, 30 * DAY, "lapsed 1 day ago", "warn"),
        (0, 30 * DAY, None, 30 * DAY, "lapsed under a day ago", "warn"),
        (0, 41 * DAY, None, None, "lapsed, last run 41 days ago", "warn"),
    ],
)
def test_freshness_is_a_phrase(
    runs: int,
    last_run_ago: timedelta | None,
    fresh_for: timedelta | None,
    window: timedelta | None,
    text: str,
    tone: str,
) -> None:
    test = test_score(
        RUBRIC,
        verified=MANUAL if fresh_for else NONE,
        runs=runs,
        last_run_at=None if last_run_ago is None else NOW - last_run_ago,
        fresh_until=None if fresh_for is None else NOW + fresh_for,
    )
    html = rendered("{% freshness test now window %}", test=test, now=NOW, window=window)
    assert words(html) == text
    assert html.startswith(f'<span class="fresh{" is-" if tone else ""}{tone}">')
    assert ("<svg" in html) == (tone == "warn")


@pytest.mark.parametrize(
    ("health", "text", "css"),
    [
        (Health.PASSING, "passing", "health"),
        (Health.FAILING, "failing", "health is-fail"),
        (Health.NONE, "health unknown –", "health is-quiet"),
    ],
)
def test_health_is_quiet_until_it_fails(health: Health, text: str, css: str) -> None:
    html = rendered("{% health value %}", value=health)
    assert (words(html), re.search('class="([^"]*)"', html)[1]) == (text, css)  # type: ignore[index]


@pytest.mark.parametrize(
    ("claimed", "verified", "days_ago", "text", "tone"),
    [
        (AUTOMATED, NONE, 41, "Evidence says less: claimed automated; last run 41 days ago.", "warn"),
        (AUTOMATED, MANUAL, 3, "Evidence says less: claimed automated, manual verified; last run 3 days ago.", "warn"),
        (NONE, AUTOMATED, 1, "Evidence says more: automated verified, none claimed.", ""),
        (MANUAL, MANUAL, 1, "Evidence agrees.", "quiet"),
        (MANUAL, NONE, None, "No run reported; this rests on the claim.", "quiet"),
        (NONE, NONE, None, "Nothing claimed, and no run reported.", "quiet"),
        (NONE, NONE, 50, "Nothing claimed; last run 50 days ago.", "quiet"),
    ],
)
def test_disagreement_is_a_sentence(
    claimed: Level, verified: Level, days_ago: int | None, text: str, tone: str
) -> None:
    last = None if days_ago is None else NOW - days_ago * DAY
    html = rendered(
        "{% disagreement test now %}", test=test_score(RUBRIC, claimed, verified, last_run_at=last), now=NOW
    )
    assert words(html) == text
    assert html.startswith(f'<span class="says{" is-" if tone else ""}{tone}">')


def test_a_claim_is_marked_where_evidence_says_otherwise() -> None:
    less = test_score(RUBRIC, AUTOMATED, MANUAL, last_run_at=NOW)
    assert 'aria-label="differs:"' in rendered("{% claim test %}", test=less)
    same = rendered("{% claim test %}", test=test_score(RUBRIC, MANUAL, MANUAL, last_run_at=NOW))
    assert "<svg" not in same
    assert words(same) == "claimed manual"


def test_a_sparkline_is_a_step_line_in_proportion_to_time() -> None:
    start = NOW - 100 * DAY
    points = [(start - DAY, Fraction(0)), (start + 50 * DAY, Fraction(2)), (NOW, Fraction(4))]
    html = rendered("{% sparkline points start now 4 %}", points=points, start=start, now=NOW)
    assert 'd="M3.0 21.0H48.0V12.0H93.0V3.0H93.0"' in html
    assert 'aria-label="from 0.0 to 4.0"' in html
    assert rendered("{% sparkline points start now 4 %}", points=[], start=start, now=NOW) == ""


@pytest.mark.parametrize(
    ("change", "text", "css"),
    [
        ("1/2", "0.5 up", "delta"),
        ("-1/2", "0.5 down", "delta is-fail"),
        ("0", "0.0", "is-quiet"),
        (None, "–", "is-quiet"),
    ],
)
def test_a_change_has_an_arrow_and_a_word(change: str | None, text: str, css: str) -> None:
    html = rendered("{% delta change %}", change=None if change is None else Fraction(change))
    assert words(html) == text
    assert html.startswith(f'<span class="{css}">')


def test_an_instant_is_exact_in_utc_before_any_script() -> None:
    html = rendered("{% moment at %}", at=NOW.replace(microsecond=7))
    assert 'datetime="2026-11-21T10:05:00.000007Z"' in html
    assert 'title="2026-11-21 10:05:00.000007 UTC"' in html
    assert words(html) == "21 Nov 2026, 10:05 UTC"
    assert words(rendered('{% moment at "short" %}', at=NOW)) == "21 Nov 2026"
    assert rendered("{% moment at %}", at=None) == "–"


def test_a_charts_data_cannot_end_its_script_and_its_table_stands_in_the_page() -> None:
    chart = system_trend(RUBRIC, story(RUBRIC), [], NOW)
    hostile = {**chart.figure, "from": "</script><script>alert(1)</script>"}
    chart = type(chart)(hostile, chart.lines, chart.keys, chart.ranges, chart.summary, chart.table)
    html = rendered('{% chart "trend" chart "Score over time" %}', chart=chart)
    assert html.count("</script>") == 1
    assert '<script id="trend-figure" type="application/json">' in html
    assert html.count("<tr>") == 1 + len(chart.table.rows)
    assert html.count('data-from="') == 4
    assert "style=" not in html


def test_plotlys_own_rules_are_extracted_from_the_script_that_is_served() -> None:
    rules = layer_rules((package_data() / SCRIPT).read_text("utf-8"))
    assert ".js-plotly-plot .plotly .main-svg { position:absolute;top:0;left:0;pointer-events:none; }" in rules
    assert rules.count("{") == rules.count("}") > 50
    assert re.fullmatch("[0-9a-f]{64}", map_style_id())


@pytest.mark.parametrize("script", ["", 'x={"X,X div":"margin:0;","X a":f()};'])
def test_a_script_with_its_rules_elsewhere_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        layer_rules(script)


def test_rules_are_put_in_the_order_that_the_script_gives_them() -> None:
    script = """x={"X,X div":"margin:0;","X a:hover":'content:"";',Y:"top:0;"};for(y in x)z(y)"""
    assert layer_rules(script).splitlines() == [
        ".plotly-notifier { top:0; }",
        '.js-plotly-plot .plotly a:hover { content:""; }',
        ".js-plotly-plot .plotly,.js-plotly-plot .plotly div { margin:0; }",
    ]
