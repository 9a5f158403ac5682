"""What a chart consists of, piece by piece: see templates/components/chart.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

import msgspec
from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboards.figures.chart import Chart, LineKey, Range, Row, SignKey, Table
from dashboards.moments import address_at
from rubric.once import Same, SameEach

register = template.Library()

_LINE_KEY = (
    '<span class="direct"><svg class="swatch {}" width="22" height="8" aria-hidden="true">'
    '<line x1="0" x2="22" y1="4" y2="4" stroke-width="{}"{} /></svg>{}</span>'
)


def drawn_chart(name: str, chart: Chart, title: str, level: int, moves: str) -> SafeString:
    """A chart. Its range buttons and its figure go on with the time; all else is made once."""
    leads = f' data-moves="{escape(moves)}"' if moves else ""
    told = _told(Told(name, title, moves, chart.tall, chart.lines, chart.keys, chart.summary), Same(chart.table))
    return SafeString(
        f'<figure data-chart="{escape(name)}-figure"{leads}><div class="bar-h">'
        f'<h{level} id="{escape(name)}-h">{escape(title)}</h{level}>{_range_buttons(title, chart.ranges)}</div>'
        f"{told}{_figure_data(f'{name}-figure', chart.figure)}</figure>"
    )


class Told(NamedTuple):
    """What a chart shows besides its ranges, its figure and its table."""

    name: str
    title: str
    moves: str
    tall: bool
    lines: tuple[LineKey, ...]
    keys: tuple[SignKey, ...]
    summary: str


@lru_cache(maxsize=64)
def _told(shown: Told, table: Same[Table]) -> str:
    return render_to_string("components/chart.html", {**shown._asdict(), "table": table.value})


@register.simple_tag
@lru_cache
def line_keys(lines: tuple[LineKey, ...]) -> SafeString:
    """The key's entries for lines, as each is drawn."""
    return format_html_join("", _LINE_KEY, ((line.css, line.width, _dashes(line), line.name) for line in lines))


def _dashes(line: LineKey) -> SafeString | str:
    return format_html(' stroke-dasharray="{}"', line.dashes) if line.dashes else ""


def _figure_data(identifier: str, figure: Mapping[str, Any]) -> str:
    """The figure for charts.js, as a block of data that no text in it can end."""
    data = msgspec.json.encode(figure).decode()
    for character, code in ("<", "\\u003C"), (">", "\\u003E"), ("&", "\\u0026"):
        data = data.replace(character, code)
    return f'<script id="{escape(identifier)}" type="application/json">{data}</script>'


@register.simple_tag
def sign_keys(keys: Sequence[SignKey]) -> SafeString:
    """The key's entries for signs."""
    return SafeString(
        "".join([f'<span class="{escape(key.css)}">{escape(key.sign)} {escape(key.name)}</span>' for key in keys])
    )


def _range_buttons(title: str, ranges: Sequence[Range]) -> str:
    """The buttons that choose from when on the chart shows, where there is a choice."""
    if len(ranges) < 2:
        return ""
    buttons = "".join([_range(each.label, each.start, each.chosen) for each in ranges])
    return f'<div class="range" role="group" aria-label="Range of {escape(title.lower())}">{buttons}</div>'


def _range(label: str, start: str, chosen: bool) -> str:
    pressed = "true" if chosen else "false"
    return f'<button type="button" data-from="{escape(start)}" aria-pressed="{pressed}">{escape(label)}</button>'


@register.simple_tag
def chart_table(table: Table, moves: str = "") -> SafeString:
    """What stands in a chart's table; `moves` as for the chart."""
    heads = "".join([f'<th scope="col">{escape(column)}</th>' for column in table.columns])
    # The newest row is another one at each reading.
    rows = "".join([*(chart_row(row, moves) for row in table.rows[:1]), _chart_rows(SameEach(table.rows[1:]), moves)])
    return SafeString(
        f'<caption class="vh">{escape(table.caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>'
    )


@lru_cache(maxsize=64)
def _chart_rows(rows: SameEach[Row], moves: str) -> str:
    return "".join([chart_row(row, moves) for row in rows.values])


@lru_cache(maxsize=8192)
def chart_row(row: Row, moves: str) -> str:
    """A row of a chart's table."""
    when = f'<time datetime="{row.at.isoformat()}">{escape(row.label)}</time>'
    if moves:
        when = f'<a href="{escape(address_at(moves, row.at))}">{when}</a>'
    cells = "".join([f"<td>{escape(cell)}</td>" for cell in row.cells])
    return f'<tr><th scope="row">{when}</th>{cells}</tr>'
