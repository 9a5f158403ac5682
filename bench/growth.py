"""`python -m bench growth`: whether a request costs the same with few results stored and with very many.

The plans are those of the statements that the requests really issue. Half of the results are in the system that is asked for,
and half in others, as many with few results as with many: what is longer is the history.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation, Scope
from accounts.organisations import create_organisation
from accounts.people import create_person
from accounts.tokens import create_token
from assessments.models import System
from assessments.systems import create_system
from bench import report
from bench.filling import EVERY, analyse, fill
from bench.plans import Plans, explained
from rubric.loader import builtin

# A fraction of what is stored even when that is little.
WINDOW_DAYS = 3
OTHERS = 20
TIMES = 9
# How many times the buffers: an index of very many entries is a level or two deeper, which every look-up pays.
LIMIT = 1.25


@dataclass(frozen=True)
class Asked:
    """One kind of request: its plans, and its times in ms."""

    plans: Plans
    milliseconds: Sequence[float]


class World:
    """An organisation with a system whose results are many, a token for it and a session."""

    def __init__(self, name: str, results: int, others: int, now: datetime) -> None:
        """`results` in the system that is asked for and `others` in OTHERS systems beside it, up to `now` (aware)."""
        person = create_person(email=f"{name}@example.org", name=name, password=None, at=now)
        self.organisation = create_organisation(name=name, slug=name, owner=person, at=now)
        Organisation.objects.filter(pk=self.organisation.pk).update(window_days=WINDOW_DAYS)
        self.organisation.refresh_from_db()
        self.system = self._system("asked", now)
        self.stored = fill(self.system, results, now) if results else 0
        if others:
            self.stored += sum(fill(self._system(f"other-{n}", now), others // OTHERS, now) for n in range(OTHERS))
        self.actor = Actor(self.organisation)
        scopes = [Scope.READ, Scope.RESULTS_WRITE]
        _, self.secret = create_token(
            actor=self.actor, name="ci", scopes=scopes, system_id=None, expires_at=None, at=now
        )
        self.api = Client(headers={"Authorization": f"Bearer {self.secret}"})
        self.browser = Client()
        self.browser.force_login(person)
        self.numbers = count()

    def _system(self, slug: str, now: datetime) -> System:
        return create_system(actor=Actor(self.organisation), at=now, name=slug, slug=slug)

    def post(self, tests: Sequence[str]) -> None:
        run = {"system": self.system.slug, "status": "passed", "run_id": f"posted {next(self.numbers)}"}
        body = json.dumps({"results": [{**run, "test": test} for test in tests]})
        answer = self.api.post("/api/v1/results/", body, content_type="application/json")
        assert answer.status_code == 201, answer.content

    def read(self, path: str) -> None:
        client = self.api if path.startswith("/api/") else self.browser
        answer = client.get(path)
        assert answer.status_code == 200, answer.content

    def requests(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Each kind of request by a name, the same for every world."""
        tests = list(builtin()[self.system.rubric].tests)
        api, page = f"/api/v1/systems/{self.system.slug}", f"/o/{self.organisation.slug}/systems/{self.system.slug}"
        yield "POST of 1 result", lambda: self.post(tests[:1])
        yield "POST of 28 results", lambda: self.post(tests)
        listed = self.api.get(f"{api}/results/").json()
        following = self.api.get(f"{api}/results/").json()["next"].partition("testserver")[2]
        run = listed["results"][-1]["run_id"].replace(" ", "%20")
        filters = ("", "?test=data-1", "?check=data-1", f"?run_id={run}", "?status=passed", "?status=failed")
        paths = [f"{api}/score/", f"{api}/history/", following, f"{page}/", f"{page}/tests/data-1/"]
        paths += [f"{place}/results/{chosen}" for place in (api, page) for chosen in filters]
        for path in paths:
            shown = path.replace(self.organisation.slug, "ORG").replace(run, "RUN")
            name = "next page of results" if path is following else shown
            yield f"GET {name}", lambda path=path: self.read(path)  # type: ignore[misc]


def ask(world: World, times: int) -> dict[str, Asked]:
    """Every request once for its plans, and `times` times for its time."""
    asked = {}
    for name, request in world.requests():
        request()
        with explained() as plans:
            request()
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            request()
            taken.append(1000 * (time.perf_counter() - start))
        asked[name] = Asked(plans, taken)
    return asked


def main(arguments: argparse.Namespace) -> None:
    """Fill, ask, fill, ask, and print both in one table."""
    logging.disable(logging.INFO)
    now = timezone.now().replace(minute=0, second=0, microsecond=0) - EVERY
    asked = []
    counts = []
    for name, results in (("small", arguments.small), ("large", arguments.large)):
        start = time.perf_counter()
        world = World(name, results // 2, results // 2, now)
        analyse()
        counts.append(world.stored)
        report.say(f"Stored {world.stored:,} results in {time.perf_counter() - start:.0f} s.")
        asked.append(ask(world, TIMES))
    few, many = asked
    report.say(f"\nBuffers touched and median time with {counts[0]:,} and with {counts[1]:,} results.\n")
    head = ["request", "statements", "buffers", "with many", "ratio", "ms", "with many", "same plans", "scans"]
    report.table(head, [[name, *_row(few[name], many[name])] for name in few])


def _row(few: Asked, many: Asked) -> list[str]:
    return [
        str(len(many.plans.statements)),
        f"{few.plans.buffers:,}",
        f"{many.plans.buffers:,}",
        f"{many.plans.buffers / few.plans.buffers:.2f}",
        f"{statistics.median(few.milliseconds):.1f}",
        f"{statistics.median(many.milliseconds):.1f}",
        "yes" if few.plans.shapes == many.plans.shapes else "no",
        ", ".join(sorted(many.plans.scanned)) or "none",
    ]
