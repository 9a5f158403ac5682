"""`python -m bench dashboards`: what pages cost with many systems and years behind them, beside a static page as long.

Requests run inside this process, through all of MLScore's middleware, with the collector set as in gunicorn's workers;
Chromium asks gunicorn. The same database holds an organisation of a tenth of the systems, so that growth is told by the
same run.
"""

from __future__ import annotations

import argparse
import gzip
import logging
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from django.utils.text import slugify

from accounts.actors import Actor
from accounts.models import Organisation, Person, Scope
from accounts.people import create_person
from accounts.tokens import create_token
from bench import report, static_page
from bench.filling import analyse
from bench.histories import DAYS, SAMPLED, Counts, build
from bench.paints import Paint, paints
from bench.servers import Stack
from mlscore_site.gunicorn import spare_collector

TIMES = 5
MOST_STATEMENTS = 12
MOST_BYTES = 200_000
MOST_GROWTH = 12
MOST_PAINT = 1000
RESULTS = "evidence_result"


@dataclass
class Taken:
    """One request: its statements, the ms of the database, of all, and of this process's processor, and its body."""

    statements: list[str] = field(default_factory=list)
    sql: float = 0
    whole: float = 0
    cpu: float = 0
    body: bytes = b""


@dataclass(frozen=True)
class Measured:
    """One page: medians of several requests, in ms. `static` is what a static page of as many bytes takes besides SQL.

    `cpu` is what this process's processor worked; where other work keeps the machine busy, it waits for the rest.
    """

    name: str
    statements: int
    reads_results: bool
    sql: float
    whole: float
    cpu: float
    static: float
    raw: int
    compressed: int

    @property
    def limit(self) -> float:
        return self.sql + 2 * self.static


class Visitor:
    """A member of an organisation with a token, inside this process."""

    def __init__(self, organisation: Organisation, person: Person, secret: str) -> None:
        self.organisation = organisation
        self.browser = Client(headers={"Accept-Encoding": "gzip"})
        self.browser.force_login(person)
        self.api = Client(headers={"Accept-Encoding": "gzip", "Authorization": f"Bearer {secret}"})

    @property
    def cookie(self) -> str:
        return f"{settings.SESSION_COOKIE_NAME}={self.browser.cookies[settings.SESSION_COOKIE_NAME].value}"

    def take(self, path: str) -> Taken:
        """One request, watched."""
        taken = Taken()

        def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            start = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                taken.sql += 1000 * (time.perf_counter() - start)
                taken.statements.append(sql)

        client = self.api if path.startswith("/api/") else self.browser
        with connection.execute_wrapper(watch):
            start, worked = time.perf_counter(), time.thread_time()
            answer = client.get(path)
            taken.whole = 1000 * (time.perf_counter() - start)
            taken.cpu = 1000 * (time.thread_time() - worked)
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:2000])
        packed = answer.headers.get("Content-Encoding") == "gzip"
        taken.body = gzip.decompress(answer.content) if packed else answer.content
        return taken

    def measure(self, name: str, path: str) -> Measured:
        """A page and the static page as long, taking turns."""
        body = self.take(path).body
        slug = slugify(name)
        static_page.keep(slug, body.decode())
        static_path = f"/o/{self.organisation.slug}/{static_page.PREFIX}/{slug}/"
        self.take(static_path)
        pairs = [(self.take(path), self.take(static_path)) for _ in range(TIMES)]
        return Measured(
            name=name,
            statements=len(pairs[-1][0].statements),
            reads_results=any(RESULTS in sql for sql in pairs[-1][0].statements),
            sql=statistics.median(page.sql for page, _ in pairs),
            whole=statistics.median(page.whole for page, _ in pairs),
            cpu=statistics.median(page.cpu for page, _ in pairs),
            static=statistics.median(static.whole - static.sql for _, static in pairs),
            raw=len(body),
            compressed=len(gzip.compress(body, 6)),
        )


def paths_of(organisation: str, slugs: Sequence[str], since: str) -> dict[str, str]:
    """The requests that are measured, by name; `slugs[0]` is a system whose runs and results are all stored."""
    page, api = f"/o/{organisation}", "/api/v1"
    beside = "&".join(f"system={slug}" for slug in slugs[:6])
    return {
        "overview": f"{page}/",
        "what moved": f"{page}/moved/",
        "what lapses": f"{page}/lapses/",
        "teams and tags": f"{page}/roll-ups/",
        "heat map, 200 rows": f"{page}/heat-map/",
        "common gaps": f"{page}/gaps/",
        "trends of 3 years by week (API)": f"{api}/trends/?start={since}&interval=week",
        "system": f"{page}/systems/{slugs[0]}/",
        "compare 6": f"{page}/compare/?{beside}",
        "compare 2 dates": f"{page}/compare/?system={slugs[0]}",
        "history (API)": f"{api}/systems/{slugs[0]}/history/",
    }


OF_ONE_SYSTEM = ("system", "compare 6", "compare 2 dates", "history (API)")


def main(arguments: argparse.Namespace, web: Callable[[], Any]) -> None:
    """Build, measure, print; `web` starts the servers that Chromium visits."""
    logging.disable(logging.INFO)
    now = timezone.now()
    person = create_person(email="bench@example.org", name="Bench", password=None, at=now - DAYS * timedelta(days=1))
    sizes = (max(arguments.systems // 10, 6), arguments.systems)
    visitors, paths = [], []
    for size in sizes:
        start = time.perf_counter()
        organisation, slugs, counts = build(f"bench-{size}", size, person, now)
        say_built(size, counts, time.perf_counter() - start)
        _, secret = create_token(
            actor=Actor(organisation), name="bench", scopes=[Scope.READ], system_id=None, expires_at=None, at=now
        )
        visitors.append(Visitor(organisation, person, secret))
        since = f"{now - timedelta(days=DAYS):%Y-%m-%dT00:00:00Z}"
        paths.append(paths_of(organisation.slug, slugs, since))
    analyse()
    load = report.load_average()
    spare_collector()
    with override_settings(ROOT_URLCONF="bench.static_page"):
        few, many = (
            [visitor.measure(*each) for each in own.items()] for visitor, own in zip(visitors, paths, strict=True)
        )
    drawn: Mapping[str, Paint] = {}
    if not arguments.no_browser:
        with web() as stack:
            drawn = _draw(stack, visitors[1].cookie, paths[1])
    report.say(f"\n{report.machine(load)} Medians of {TIMES}.\n")
    report.table(HEAD, [_row(small, large, drawn.get(large.name)) for small, large in zip(few, many, strict=True)])
    for line in _beyond(few, many, drawn):
        report.say(f"Beyond its limit: {line}")


def _draw(stack: Stack, cookie: str, paths: Mapping[str, str]) -> dict[str, Paint]:
    pages = {name: path for name, path in paths.items() if not path.startswith("/api/")}
    return paints(f"http://127.0.0.1:{stack.mlscore}", cookie, pages)


def say_built(size: int, counts: Counts, seconds: float) -> None:
    """What was built, and how much of the results is stored."""
    share = 100 * counts.stored / max(counts.results, 1)
    report.say(
        f"{size} systems: {counts.results:,} results counted into {counts.spans:,} spans in {seconds:.0f} s; "
        f"{counts.stored:,} results stored ({share:.1f} %, every {SAMPLED}th system's, whole)."
    )


HEAD = [
    "request",
    "statements",
    "reads results",
    "SQL ms",
    "whole ms",
    "CPU ms",
    "SQL + 2 static",
    "times a tenth",
    "bytes",
    "sent",
    "paint ms",
    "shift",
]


def _row(small: Measured, large: Measured, paint: Paint | None) -> list[str]:
    return [
        large.name,
        str(large.statements),
        "yes" if large.reads_results else "no",
        f"{large.sql:.0f}",
        f"{large.whole:.0f}",
        f"{large.cpu:.0f}",
        f"{large.limit:.0f}",
        f"{large.whole / small.whole:.1f}",
        f"{large.raw:,}",
        f"{large.compressed:,}",
        f"{paint.first:.0f}" if paint else "–",
        f"{paint.shift:.3f}" if paint else "–",
    ]


def _beyond(few: Sequence[Measured], many: Sequence[Measured], drawn: Mapping[str, Paint]) -> list[str]:
    found = []
    for small, large in zip(few, many, strict=True):
        growth = large.whole / small.whole
        paint = drawn.get(large.name)
        limits = {
            f"{large.statements} statements": large.statements > MOST_STATEMENTS,
            "it reads results": large.reads_results,
            f"{large.whole:.0f} ms of {large.limit:.0f}": large.whole > large.limit,
            f"{large.compressed:,} bytes": large.compressed > MOST_BYTES,
            f"{growth:.1f} times as long": growth > (1.5 if large.name in OF_ONE_SYSTEM else MOST_GROWTH),
            f"first paint after {paint.first:.0f} ms" if paint else "": paint is not None and paint.first >= MOST_PAINT,
            f"shifts by {paint.shift:.3f}" if paint else "shift": paint is not None and paint.shift > 0,
            "its charting script is sent again": paint is not None and _again(paint),
        }
        found += [f"{large.name}: {what}" for what, beyond in limits.items() if beyond]
    return found


def _again(paint: Paint) -> bool:
    """Whether the charting script holds up painting, or was sent more than once."""
    sent = [size for size, _ in paint.scripts if size]
    return len(sent) > 1 or any(blocking != "non-blocking" for _, blocking in paint.scripts)
