"""`python -m bench growth`: whether a request costs the same with few results stored and with very many.

The plans are those of the statements that the requests really issue. Half of the results are in the system that is asked for,
and half in others, as many with few results as with many: what is longer is the history.

Few and many lie in databases of one server, and a copy of the few in a third. Requests go round over the three, so that what
else the machine does meets all of them; how far the copy's times differ from those of the few is the noise.
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

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
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
WARM_UP = 5
BLOCKS = 7
TURNS = 9
# How many times the buffers: an index of very many entries is a level or two deeper, which every look-up pays.
LIMIT = 1.25


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


@dataclass(frozen=True)
class Place:
    """A world and the database that it lies in, over a connection that stays open."""

    world: World
    connection: BaseDatabaseWrapper

    def enter(self) -> None:
        """Let all that follows speak to this database."""
        connections[DEFAULT_DB_ALIAS] = self.connection


@dataclass(frozen=True)
class Times:
    """How long one kind of request took in one place, in ms: TURNS times in each of BLOCKS blocks."""

    blocks: Sequence[Sequence[float]]

    @property
    def median(self) -> float:
        return statistics.median(each for block in self.blocks for each in block)

    def beside(self, other: Times) -> list[float]:
        """The ratios of the blocks' medians, ascending."""
        pairs = zip(self.blocks, other.blocks, strict=True)
        return sorted(statistics.median(own) / statistics.median(others) for own, others in pairs)


def ask(world: World) -> dict[str, Plans]:
    """The plans of every request, the second time that it is sent.

    Postings come last: they leave former versions of rows, which readings would touch as well.
    """
    requests = dict(world.requests())
    asked = {}
    for name in sorted(requests, key=lambda name: name.startswith("POST")):
        requests[name]()
        with explained() as asked[name]:
            requests[name]()
    return {name: asked[name] for name in requests}


def take_turns(places: Sequence[Place]) -> dict[str, list[Times]]:
    """How long each kind of request takes in each of these places, which take turns, each as often the first one."""
    requests = []
    for place in places:
        place.enter()
        requests.append(dict(place.world.requests()))
    found = {}
    for name in requests[0]:
        taken: list[list[float]] = [[] for _ in places]
        for turn in range(-WARM_UP, BLOCKS * TURNS):
            for step in range(len(places)):
                number = (turn + step) % len(places)
                places[number].enter()
                start = time.perf_counter()
                requests[number][name]()
                if turn >= 0:
                    taken[number].append(1000 * (time.perf_counter() - start))
        blocks = [[own[first : first + TURNS] for first in range(0, BLOCKS * TURNS, TURNS)] for own in taken]
        found[name] = [Times(own) for own in blocks]
    return found


def main(arguments: argparse.Namespace) -> None:
    """Fill and ask each database, let them take turns, and print all in one table."""
    logging.disable(logging.INFO)
    now = timezone.now().replace(minute=0, second=0, microsecond=0) - EVERY
    many = _database("many")
    few = connections[DEFAULT_DB_ALIAS]
    places, plans = [], []
    for connection, results in ((few, arguments.small), (many, arguments.large)):
        connections[DEFAULT_DB_ALIAS] = connection
        start = time.perf_counter()
        world = World("growth", results // 2, results // 2, now)
        analyse()
        report.say(f"Stored {world.stored:,} results in {time.perf_counter() - start:.0f} s.")
        plans.append(ask(world))
        places.append(Place(world, connection))
    places[0].enter()
    places.append(Place(places[0].world, _database("again")))
    report.say(f"\n{report.machine(report.load_average())}\n")
    times = take_turns(places)
    counts = " and with ".join(f"{place.world.stored:,}" for place in places[:2])
    report.say(f"Buffers touched and median time with {counts} results.\n")
    head = ["request", "statements", "buffers", "with many", "ratio", "same plans", "scans"]
    head += ["ms", "with many", "ratio", "its range", "noise"]
    report.table(head, [[name, *_cost(plans[0][name], plans[1][name]), *_took(*times[name])] for name in plans[0]])


def _database(name: str) -> BaseDatabaseWrapper:
    """A copy of the database that is spoken to, under this name, and a connection to it."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {connection.settings_dict['NAME']}")
    copied = connection.copy()
    copied.settings_dict["NAME"] = name
    return copied


def _cost(few: Plans, many: Plans) -> list[str]:
    return [
        str(len(many.statements)),
        f"{few.buffers:,}",
        f"{many.buffers:,}",
        f"{many.buffers / few.buffers:.2f}",
        "yes" if few.shapes == many.shapes else "no",
        ", ".join(sorted(many.scanned)) or "none",
    ]


def _took(few: Times, many: Times, again: Times) -> list[str]:
    ratios, noise = many.beside(few), again.beside(few)
    return [
        f"{few.median:.1f}",
        f"{many.median:.1f}",
        f"{statistics.median(ratios):.2f}",
        f"{ratios[0]:.2f} to {ratios[-1]:.2f}",
        f"{noise[0]:.2f} to {noise[-1]:.2f}",
    ]
