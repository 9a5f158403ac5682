"""Figures from plain rows, by table: what is drawn, on which scale, and what is said about it."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from dashboards.figures import organisation_trend, system_trend
from dashboards.figures.chart import Chart, instant, last_of_each_day, ranges
from dashboards.figures.palette import DASHES, TOKENS, colour_name, dash
from dashboards.figures.scale import LABEL_GAP, Scale, spread, ticks, zone_names, zones
from scores.marks import Event, EventKind
from scores.trends import Bucket
from tests.dashboards.rows import DAY, NOW, buckets, point, story
from tests.dashboards.rubrics import practices, two_thousand_seventeen


def traces(chart: Chart) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in chart.figure["data"]}


def names(chart: Chart) -> list[str]:
    return [annotation["text"] for annotation in chart.figure["layout"]["annotations"]]


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([], []),
        ([50], [50]),
        ([50, 100], [50, 100]),
        ([50, 50], [42.5, 57.5]),
        ([50, 60, 100], [47.5, 62.5, 100]),
        ([0, 0, 0], [0, 15, 30]),
        ([200, 200], [185, 200]),
        ([50, 55, 70, 71], [39, 54, 69, 84]),
    ],
)
def test_labels_are_moved_apart_by_as_little_as_needed(wanted: list[float], placed: list[float]) -> None:
    assert spread(wanted, 0, 200) == placed


def test_labels_keep_their_distance_whatever_the_values() -> None:
    for seed in range(200):
        wanted = sorted((seed * 37 + step * step * 11) % 280 for step in range(7))
        places = spread([float(each) for each in wanted], 0, 286)
        assert all(after - before >= LABEL_GAP - 1e-9 for before, after in pairwise(places)), wanted
        assert min(places) >= 0
        assert max(places) <= 286


def test_bands_become_zones_between_their_edges() -> None:
    shapes, found = zones(two_thousand_seventeen(), Fraction(7))
    assert found == [
        (0.0, 1.0, "Serious holes"),
        (1.0, 2.0, "First pass"),
        (2.0, 3.0, "Reasonably tested"),
        (3.0, 5.0, "Strong"),
        (5.0, 7.0, "Exceptional"),
    ]
    assert [(shape["y0"], shape["y1"]) for shape in shapes] == [(low, high) for low, high, _ in found]
    assert {before["fillcolor"] != after["fillcolor"] for before, after in pairwise(shapes)} == {True}


def test_zones_end_where_the_chart_ends_and_low_ones_bear_no_name() -> None:
    _, found = zones(two_thousand_seventeen(), Fraction(5, 2))
    assert [high for _, high, _ in found] == [1.0, 2.0, 2.5]
    labels = zone_names(found, Scale(bottom=0, top=2.5, pixels=60))
    assert [label["text"] for label in labels] == ["Serious holes", "First pass"]


def test_ticks_stand_at_band_edges_or_at_quarters() -> None:
    assert ticks(two_thousand_seventeen(), Fraction(7)) == [0, 1, 2, 3, 5, 7]
    assert ticks(two_thousand_seventeen(), Fraction(4)) == [0, 1, 2, 3]
    assert ticks(practices(), Fraction(100)) == [0, 25, 50, 75, 100]


def test_known_categories_keep_their_colour_and_others_take_turns() -> None:
    seventeen, other = two_thousand_seventeen(), practices()
    assert [colour_name(seventeen, category.key) for category in seventeen.categories] == list(TOKENS)
    assert [colour_name(other, category.key) for category in other.categories] == [*TOKENS, TOKENS[0]]
    dashes = [dash(other, category.key) for category in other.categories]
    assert dashes == list(DASHES[:5])
    assert colour_name(seventeen, "of-an-older-edition") == TOKENS[0]


def test_all_lines_of_a_system_share_their_instants_and_go_on_until_now() -> None:
    chart = system_trend(two_thousand_seventeen(), story(two_thousand_seventeen()), [], NOW)
    lines = [trace for trace in chart.figure["data"] if trace["mode"] == "lines"]
    assert [trace["name"] for trace in lines] == [
        "Score", "Data", "Model", "Infrastructure", "Monitoring", "Verified score",
    ]  # fmt: skip
    assert all(trace["x"] == lines[0]["x"] and trace["line"]["shape"] == "hv" for trace in lines)
    assert lines[0]["x"][-1] == "2026-11-21 10:05:00"
    assert lines[0]["y"] == [0, 0, 0, 0.5, 1, 1.5, 1.5, 1.5, 1.5]
    assert lines[-1]["y"] == [0, 0, 0, 0, 0.5, 1.5, 1, 0.5, 0.5]
    assert chart.figure["until"] > lines[0]["x"][-1]


def test_the_ends_of_lines_are_named_with_their_values() -> None:
    chart = system_trend(two_thousand_seventeen(), story(two_thousand_seventeen()), [], NOW)
    assert {"Score 1.5", "Verified 0.5", "Data 4.0", "Model 3.5", "Infrastructure 5.5", "Monitoring 1.5"} <= {
        *names(chart)
    }
    placed = sorted(
        label["y"] * 286 / 7.56 + label["yshift"]
        for label in chart.figure["layout"]["annotations"]
        if label["xanchor"] == "left"
    )
    assert all(after - before > LABEL_GAP - 0.5 for before, after in pairwise(placed))


def test_marks_stand_below_the_lines_in_a_trace_for_each_kind() -> None:
    marks = [
        Event(NOW - 300 * DAY, EventKind.ASSESSMENT, "A <b>&"),
        Event(NOW - 20 * DAY, EventKind.LAPSE, "data-1"),
        Event(NOW - 10 * DAY, EventKind.LAPSE, "data-2"),
        Event(NOW - 900 * DAY, EventKind.RULES, "before anything was known"),
        Event(NOW + DAY, EventKind.VOID, "not yet"),
    ]
    chart = system_trend(two_thousand_seventeen(), story(two_thousand_seventeen()), marks, NOW)
    drawn = [trace for trace in chart.figure["data"] if trace["mode"] == "markers"]
    assert [(trace["name"], len(trace["x"])) for trace in drawn] == [("Assessment", 1), ("Lapse", 2)]
    assert drawn[0]["text"] == ["A &lt;b&gt;&amp;"]
    assert all(y < 0 for trace in drawn for y in trace["y"])
    assert [key.name for key in chart.keys] == ["assessment", "lapse"]
    assert {*drawn[0]["x"], *drawn[1]["x"]} <= {*traces(chart)["Score"]["x"]}
    assert (
        len(traces(chart)["Score"]["x"]) == len(traces(chart)["Score"]["y"]) == len(story(two_thousand_seventeen())) + 4
    )
    assert "Evidence lapsed 2 times." in chart.summary


def test_every_kind_of_mark_can_be_drawn() -> None:
    marks = [Event(NOW - DAY, kind, kind) for kind in EventKind]
    chart = system_trend(two_thousand_seventeen(), story(two_thousand_seventeen()), marks, NOW)
    assert len(chart.keys) == len(EventKind)
    assert len({trace["marker"]["symbol"] for trace in chart.figure["data"][-len(EventKind) :]}) == len(EventKind)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("0", "1.5"), "The score rose from 0.0 to 1.5; the verified score is 0.0."),
        (("2", "1.5"), "The score fell from 2.0 to 1.5; the verified score is 0.0."),
        (("1", "1"), "The score stayed at 1.0; the verified score is 0.0."),
    ],
)
def test_the_summary_says_where_the_score_went(values: tuple[str, str], sentence: str) -> None:
    rubric = two_thousand_seventeen()
    points = [point(rubric, 100 - 90 * index, "0", *[value] * 4) for index, value in enumerate(values)]
    assert sentence in system_trend(rubric, points, [], NOW).summary


def test_the_summary_tells_a_fall_of_what_is_verified() -> None:
    chart = system_trend(two_thousand_seventeen(), story(two_thousand_seventeen()), [], NOW)
    assert "the verified score is 0.5, down from 1.5" in chart.summary


def test_the_table_has_the_last_state_of_each_day_newest_first() -> None:
    rubric = two_thousand_seventeen()
    points = [
        point(rubric, 5.2, "0", "1", "1", "1", "1"),
        point(rubric, 5.1, "0", "2", "1", "1", "1"),
        point(rubric, 1, "1", "2", "2", "2", "2"),
    ]
    table = system_trend(rubric, points, [], NOW).table
    assert table.columns == ("From", "Score", "Verified", "Data", "Model", "Infrastructure", "Monitoring")
    assert [(row.label, row.cells) for row in table.rows] == [
        ("20 Nov 2026", ("2.0", "1.0", "2.0", "2.0", "2.0", "2.0")),
        ("16 Nov 2026", ("1.0", "0.0", "2.0", "1.0", "1.0", "1.0")),
    ]
    assert last_of_each_day([]) == []


def test_the_times_of_another_edition_are_in_the_table_but_not_on_this_scale() -> None:
    rubric, older = two_thousand_seventeen(), practices()
    points = [
        point(older, 50, "0", "1", "1", "1", "1", "1"),
        point(rubric, 20, "0", "1", "2", "3", "4"),
    ]
    chart = system_trend(rubric, points, [], NOW)
    assert traces(chart)["Score"]["y"] == [None, 1, 1]
    assert traces(chart)["Data"]["y"] == [None, 1, 1]
    assert chart.table.columns[-1] == "Rubric"
    assert [row.cells[-1] for row in chart.table.rows] == ["seventeen", "practices"]
    assert chart.table.rows[-1].cells[2:4] == ("–", "–")


def test_shares_are_drawn_in_percent_of_each_category() -> None:
    rubric = practices()
    points = [point(rubric, 10, "0", "1", "1.5", "0.5", "1", "2")]
    chart = system_trend(rubric, points, [], NOW)
    assert [traces(chart)[category.title]["y"][0] for category in rubric.categories] == [100, 50, 25, 25, 100]
    assert chart.figure["layout"]["yaxis"]["range"][1] == 100
    assert chart.figure["layout"]["shapes"] == []
    assert "Reproducibility 50 %" in names(chart)


@pytest.mark.parametrize(
    ("age", "labels", "chosen"),
    [(800, ["3 m", "6 m", "1 y", "All"], "1 y"), (200, ["3 m", "6 m", "All"], "All"), (30, ["All"], "All")],
)
def test_ranges_begin_where_there_is_something_to_see(age: int, labels: list[str], chosen: str) -> None:
    found = ranges(NOW - age * DAY, NOW)
    assert [each.label for each in found] == labels
    assert [each.label for each in found if each.chosen] == [chosen]
    assert found[-1].start == instant(NOW - age * DAY)


def test_an_organisation_shows_median_quartiles_means_and_its_number_of_systems() -> None:
    chart = organisation_trend(two_thousand_seventeen(), buckets(two_thousand_seventeen()), NOW)
    assert [trace["name"] for trace in chart.figure["data"]] == [
        "Lower quartile", "Upper quartile", "Data, mean", "Model, mean", "Infrastructure, mean", "Monitoring, mean",
        "Median", "Median, verified", "Systems",
    ]  # fmt: skip
    assert traces(chart)["Upper quartile"]["fill"] == "tonexty"
    assert traces(chart)["Systems"]["yaxis"] == "y2"
    assert traces(chart)["Systems"]["y"][-1] == 12
    assert {"Median 1.5", "Verified 1.0", "12 systems"} <= {*names(chart)}
    assert "it rose from 0.0 to 1.5" in chart.summary
    assert "12 systems lies between 0.75 and 2.25" in chart.summary


def test_the_organisations_table_tells_means_and_how_often_each_category_limits() -> None:
    rubric = two_thousand_seventeen()
    table = organisation_trend(rubric, buckets(rubric), NOW).table
    assert len(table.rows) == 61
    assert table.columns[:5] == ("Until", "Systems", "Median", "Verified median", "Mean")
    assert table.columns[-1] == "Monitoring limits"
    assert table.rows[0].cells == (
        "12",
        "1.5",
        "1.0",
        "1.88",
        "0.75",
        "2.25",
        "1.75",
        "2.62",
        "3.5",
        "4.38",
        "0",
        "1",
        "2",
        "3",
    )


def test_an_organisation_without_systems_is_drawn_empty() -> None:
    empty = [Bucket(NOW - 7 * DAY), Bucket(NOW)]
    chart = organisation_trend(two_thousand_seventeen(), empty, NOW)
    assert traces(chart)["Median"]["y"] == [None, None, None]
    assert chart.summary == "No system had a score from 14 Nov 2026 to 21 Nov 2026."
    assert "0 systems" in names(chart)


def test_figures_are_plain_json_without_markup_or_raw_colours() -> None:
    rubric = two_thousand_seventeen()
    marks = [Event(NOW - DAY, kind, "<i>") for kind in EventKind]
    for chart in (system_trend(rubric, story(rubric), marks, NOW), organisation_trend(rubric, buckets(rubric), NOW)):
        text = json.dumps(chart.figure, allow_nan=False)
        assert "<" not in text
        assert "#" not in text
        assert chart.figure["layout"]["template"] == "none"


def test_margins_leave_room_for_the_longest_names() -> None:
    seventeen, other = two_thousand_seventeen(), practices()
    with_bands = system_trend(seventeen, story(seventeen), [], NOW).figure["layout"]["margin"]
    without = organisation_trend(other, buckets(other), NOW).figure["layout"]["margin"]
    assert with_bands["l"] > 6 * len("Reasonably tested") > without["l"]
    assert without["r"] > 6 * len("End-to-end pipelines 25 %") > with_bands["r"]


def test_a_history_of_minutes_stands_as_dots_on_an_axis_of_days() -> None:
    rubric = two_thousand_seventeen()
    points = story(rubric)
    began = points[-1].at
    chart = system_trend(rubric, points[-1:], [], began + DAY / 1440)
    assert chart.figure["from"] == instant(began + DAY / 1440 - 7 * DAY)
    assert {line["mode"] for line in chart.figure["data"]} == {"lines+markers"}
    chart = system_trend(rubric, points[-1:], [], began + 8 * DAY)
    assert chart.figure["from"] == instant(began)
    assert {line["mode"] for line in chart.figure["data"]} == {"lines"}
