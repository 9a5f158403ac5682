"""`python -m bench votes`: a team session of 30 people who open, join, vote on all tests and poll at once, then a reveal.

Run as a module of its own it is the 30 browsers: one task as JSON on standard input, the times of requests on standard
output.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bench import report, servers
from tools.servers import free_port

VOTERS = 30
THINKING = 1.0
"""On average so many seconds pass between two votes of one person."""
POLLED = 3.0
CHOICES = ("none", "manual", "automated", "unsure")


@dataclass
class Browser:
    """One member's: a connection that stays open, and their cookies."""

    port: int
    room: str
    cookie: str
    tests: list[str]
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failure: str = ""

    def run(self) -> None:
        """Open the page, join, vote on every test with polls in between."""
        dice = random.Random(self.cookie)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        token = self._open()
        self._ask("join", "POST", "vote/", {"csrfmiddlewaretoken": token}, 302)
        token, polled = self._open(), time.monotonic()
        for test in self.tests:
            time.sleep(dice.uniform(0, 2 * THINKING))
            vote = {f"vote-{test}": dice.choice(CHOICES), "csrfmiddlewaretoken": token}
            self._ask("vote", "POST", "vote/", vote, 200)
            if time.monotonic() - polled > POLLED:
                self._ask("poll", "GET", "progress/", None, 200)
                polled = time.monotonic()

    def _open(self) -> str:
        page = self._ask("open", "GET", "vote/", None, 200)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        return found.group(1) if found else ""

    def _ask(self, kind: str, method: str, rest: str, form: dict[str, str] | None, status: int) -> str:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        if kind in ("vote", "poll"):
            headers |= {"Accept": "application/json", "HX-Request": "true"}
        start = time.perf_counter()
        self.connection.request(method, self.room + rest, urlencode(form or {}), headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        self.times[kind].append(1000 * (time.perf_counter() - start))
        for name, value in response.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.cookie = f"{self.cookie}; {value.partition(';')[0]}"
        if response.status != status:
            self.failure = f"{kind}: {response.status} {text[:500]}"
        return text


def browsers() -> None:
    """All of them, at once."""
    task = json.loads(sys.stdin.read())
    found = [Browser(task["port"], task["room"], cookie, task["tests"]) for cookie in task["cookies"]]
    threads = [threading.Thread(target=each.run) for each in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failures = [each.failure for each in found if each.failure]
    if failures:
        raise SystemExit(failures[0])
    kinds = sorted({kind for each in found for kind in each.times})
    sys.stdout.write(json.dumps({kind: sorted(ms for each in found for ms in each.times[kind]) for kind in kinds}))


def main(directory: Path) -> None:
    """Hold the session, prove that no vote was lost, and print the table."""
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from accounts.actors import Actor
    from accounts.models import Membership, Organisation, Person, Role
    from assessments.models import Ballot, Tally
    from assessments.operations import start_assessment
    from assessments.sessions import open_session, reveal
    from assessments.systems import create_system
    from rubric.loader import builtin

    now = timezone.now()
    organisation = Organisation.objects.create(name="Votes", slug="votes")
    members = []
    for number in range(VOTERS):
        person = Person.objects.create_user(f"voter{number}@example.org", name=f"Voter {number}")
        members.append(Membership.objects.create(organisation=organisation, person=person, role=Role.ASSESSOR))
    leader = members[0]
    system = create_system(actor=Actor(organisation), at=now, name="Voted on", slug="voted-on")
    draft = start_assessment(actor=Actor.of(leader), system=system, at=now)
    session = open_session(member=leader, assessment=draft, anonymous=False, viewers_vote=True, at=now)
    cookies = []
    for member in members:
        client = Client()
        client.force_login(member.person)
        name = settings.SESSION_COOKIE_NAME
        cookies.append(f"{name}={client.cookies[name].value}")
    tests = list(builtin()[system.rubric].tests)
    port = free_port()
    server = servers.start(directory, "mlscore_site.wsgi", port, "/healthz")
    try:
        task = {"port": port, "room": f"/o/votes/sessions/{session.code}/", "cookies": cookies, "tests": tests}
        command = [sys.executable, "-m", "bench.votes"]
        start = time.perf_counter()
        run = subprocess.run(
            command, cwd=servers.ROOT, input=json.dumps(task), stdout=subprocess.PIPE, text=True, check=True
        )
        seconds = time.perf_counter() - start
    finally:
        servers.stop(server)
    assert Ballot.objects.count() == VOTERS * len(tests), "every vote is stored once"
    start = time.perf_counter()
    reveal(member=leader, session=session, tests=None, at=timezone.now())
    revealed = 1000 * (time.perf_counter() - start)
    assert sum(Tally.objects.values_list("votes", flat=True)) == VOTERS * len(tests), "and counted once"
    report.say(f"{VOTERS} voters, {len(tests)} tests, {seconds:.0f} s; revealing all took {revealed:.0f} ms.\n")
    rows = [
        [kind, f"{len(ms):,}", f"{ms[len(ms) // 2]:.0f}", f"{ms[int(len(ms) * 0.95)]:.0f}", f"{ms[-1]:.0f}"]
        for kind, ms in json.loads(run.stdout).items()
    ]
    report.table(["request", "number", "median ms", "95% ms", "slowest ms"], rows)


if __name__ == "__main__":
    browsers()
