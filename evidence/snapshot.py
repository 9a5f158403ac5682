"""What recording needs to know of systems and their evidence, read in one statement and so as of one instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from json import loads

from msgspec import Struct
from msgspec.json import Decoder

from accounts.actors import Actor
from accounts.instants import from_sql, instant_from_sql
from accounts.statements import VENDOR, document, fetch, partly, shelved, to_sql
from accounts.tokens import Outdated
from assessments.claims import thaw
from assessments.models import System
from evidence.posting import Content, PostedResult
from evidence.rules_of import Rules, time_column
from evidence.touched import statement
from rubric.evidence import PROVABLE, Interval, Layers, RunTimes
from rubric.levels import Level
from rubric.timeline import Claims

RunKey = tuple[str, str, str]
LEVELS = tuple(Level)
LayersByTest = dict[str, Layers]
# What of a system recording knows; the rest is loaded when it is asked for.
COLUMNS = (
    *("id", "organisation_id", "slug", "editions", "windows", "counted_branch"),
    *("generation", "pending_generation", "states_until", "states_since"),
)
_organisation = System._meta.get_field("organisation")
_decode = Decoder().decode
_instants = Decoder(list[datetime]).decode
_spans = Decoder(list[tuple[str, int, datetime, datetime]]).decode


class KnownCheck(Struct, array_like=True, gc=False):
    """A check and its newest result that was neither skipped nor voided. `id` is None until it is stored."""

    name: str
    test: str
    id: int | None = None
    newest_status: str = ""
    newest_observed_at: datetime | None = None
    newest_received_at: datetime | None = None

    def outdone_by(self, observed_at: datetime, received_at: datetime) -> bool:
        """Whether a result is newer than the newest known one; of equal instants the later received wins."""
        if self.newest_observed_at is None or self.newest_received_at is None:
            return True
        return (observed_at, received_at) >= (self.newest_observed_at, self.newest_received_at)


class Growth(Struct, frozen=True):
    """What runs at these ascending times do to the layers of tests that stood alike, and so still do.

    Those of one pipeline mostly do: what follows from them is made once, not for each test.
    """

    tests: list[str]
    times: tuple[datetime, ...]
    before: Layers
    after: Layers

    def place(self, level: Level, start: datetime) -> int | None:
        """The place of a span among those before, as `in_order` has them; None where it is another one. Few are known."""
        of_level = self.before[level]
        for place in range(len(of_level) - 1, -1, -1):
            if of_level[place][0] == start:
                return place if level == Level.MANUAL else len(self.before[Level.MANUAL]) + place
        return None


def in_order(layers: Layers) -> Iterator[tuple[Level, datetime, datetime]]:
    """Level, start and end of all intervals, lowest level first."""
    return ((level, start, end) for level in PROVABLE for start, end in layers[level])


@dataclass(slots=True)
class Snapshot:
    """Of one system: its newest claims, the checks, results and runs a posting touches, and the spans around them.

    `rules` are those it was read by; on PostgreSQL `version` is another one as soon as evidence or rules of the system
    changed. `results` are keyed by (check, run_id), `runs` by (test, run_id, branch), `spans` by test and level, of the
    posted tests at least, and `span_keys` the keys of these, as `in_order` has them; `verified` holds the levels at the time
    of receipt, of all tests that hold one; `neighbours` are by test the nearest instants of runs that lie G or more from a
    posted one. Of a snapshot read for `remembering`, `facts` and `claims_text` are what rules and claims were made of,
    `claims_follow` tells whether there are others of a later instant, `lasting` are all spans that have not ended, and
    `following` by test the first runs after the earlier neighbour of its posted run; None where several are posted.
    """

    system: System
    rules: Rules
    version: str
    claims: Claims | None = None
    checks: dict[str, KnownCheck] = field(default_factory=dict)
    results: dict[tuple[str, str], tuple[Content, datetime]] = field(default_factory=dict)
    runs: dict[RunKey, RunTimes] = field(default_factory=dict)
    neighbours: dict[str, set[datetime]] = field(default_factory=dict)
    spans: LayersByTest = field(default_factory=dict)
    span_keys: dict[str, Sequence[int]] = field(default_factory=dict)
    verified: dict[str, Level] = field(default_factory=dict)
    facts: str = ""
    claims_text: str | None = None
    claims_follow: bool = False
    lasting: list[tuple[str, int, datetime, datetime]] = field(default_factory=list)
    following: dict[str, list[datetime] | None] = field(default_factory=dict)

    def take_spans(self, test: str, rows: list[tuple[Level, datetime, datetime, int]], at: datetime) -> None:
        """Take in a test's stored spans: level, start, end and key of each; `at` is the time of receipt."""
        rows.sort()
        self.span_keys[test] = [key for _, _, _, key in rows]
        of_test = self.spans[test] = {known: [row[1:3] for row in rows if row[0] == known] for known in PROVABLE}
        level = held(of_test, at)
        if level > self.verified.get(test, Level.NONE):
            self.verified[test] = level

    def take_verified(self, spans: Iterable[tuple[str, int, datetime, datetime]], at: datetime) -> None:
        """Take in which levels these spans hold at an instant."""
        for test, level, start, end in spans:
            if start <= at < end and level > self.verified.get(test, Level.NONE):
                self.verified[test] = LEVELS[level]

    def follow(self, test: str, earlier: datetime | None, later: list[datetime]) -> None:
        """Take in the runs from the earlier neighbour of a posted run on."""
        runs = later if earlier is None else [earlier, *later]
        self.following[test] = None if test in self.following else runs

    def layer(self, test: str, level: Level) -> list[Interval]:
        """The known intervals of one level of one test, ascending."""
        of_test = self.spans.get(test)
        return of_test[level] if of_test is not None else []

    def verified_with(self, growths: Iterable[Growth], rebuilt: LayersByTest, at: datetime) -> dict[str, Level]:
        """The verified levels at the time of receipt once layers grew, and others took the place of what was known."""
        levels = {test: level for test, level in self.verified.items() if test not in rebuilt}
        reached = [(held(growth.after, at), growth.tests) for growth in growths]
        reached += [(held(layers, at), [test]) for test, layers in rebuilt.items()]
        for level, tests in reached:
            for test in tests:
                if level > levels.get(test, Level.NONE):
                    levels[test] = level
        return levels


def held(layers: Layers, at: datetime) -> Level:
    """The highest level that these intervals hold at an instant; mostly it lies in the last ones."""
    for level in reversed(PROVABLE):
        for start, end in reversed(layers[level]):
            if start <= at < end:
                return level
    return Level.NONE


Posted = Mapping[str, Sequence[PostedResult]]


def read(actor: Actor, posted: Posted, received_at: datetime, remembering: bool = False) -> dict[str, Snapshot]:
    """What the results posted touch, as of the time of receipt, by the slug of their system.

    Systems that the actor cannot see are missing from the answer. The credit rule may be another than when the actor was
    read; then everything is read once more by the one in force. Raises Outdated where nothing was found for a recalled token.
    """
    if not posted:
        return {}
    credit = actor.organisation.credit
    while True:
        found, in_force = _read(actor, posted, credit, received_at, remembering)
        if in_force == credit:
            return found
        credit = in_force


def _read(
    actor: Actor, posted: Posted, credit: str, received_at: datetime, remembering: bool
) -> tuple[dict[str, Snapshot], str]:
    """What `read` answers, and the credit rule in force; what was read by another one is of no use."""
    found: dict[int, Snapshot] = {}
    token = actor.token
    bound = token.system_id if token is not None else None
    recalled = token is not None and token.version != ""
    now = to_sql(received_at)
    items = [
        ((slug, item.run_id, now if item.observed_at is None else to_sql(item.observed_at)), (item.test, item.check))
        for slug, of_system in posted.items()
        for item in of_system
    ]
    single = len(items) == len(posted) == 1
    values = [*([*items[0][0], *items[0][1]] if single else [shelved(items)]), now, actor.organisation.id]
    values += posted if single else [document([slug] for slug in posted)]
    if bound is not None:
        values.append(bound)
    if token is not None and recalled:
        values += [token.id, token.version]
    rows = fetch(statement(VENDOR, time_column(credit), bound is not None, recalled, single, remembering), values)
    if recalled and not rows:
        raise Outdated
    for row in rows:
        if row[0] == "system":
            _, key, slug, _, verified, facts, later, _, _, generation, claims = row
            snapshot = found[key] = made_of(actor, key, slug, generation, facts, claims)
            snapshot.claims_follow = later is not None
            credit = snapshot.rules.credit
            if not single or verified is None:
                continue
            if remembering:
                snapshot.lasting = _spans(verified)
                snapshot.take_verified(snapshot.lasting, received_at)
            else:
                snapshot.verified = _verified(verified)
    spans: dict[tuple[int, str], list[tuple[Level, datetime, datetime, int]]] = {}
    for kind, key, name, test, run_id, text, a, b, c, number, content in rows:
        if kind == "check":
            found[key].checks[name] = KnownCheck(name, test, number, text, from_sql(a), from_sql(b))
        elif kind == "result":
            found[key].results[name, run_id] = (Content(*loads(content)), instant_from_sql(a))
        elif kind == "neighbour":
            near = found[key].neighbours.setdefault(test, set())
            near.update([instant_from_sql(at) for at in (a, b) if at is not None])
            if remembering:
                found[key].follow(test, from_sql(a), [] if content is None else _instants(content))
        elif kind == "span":
            row = LEVELS[int(text)], instant_from_sql(a), instant_from_sql(b), number
            spans.setdefault((key, test), []).append(row)
        elif kind == "run":
            found[key].runs[test, run_id, text] = RunTimes(instant_from_sql(a), from_sql(b), from_sql(c))
    for (key, test), stored in spans.items():
        found[key].take_spans(test, stored, received_at)
    return {snapshot.system.slug: snapshot for snapshot in found.values()}, credit


def made_of(actor: Actor, pk: int, slug: str, generation: int, facts: str, claims: str | None) -> Snapshot:
    """What a system's own row and its organisation's say, and its newest claims, each as a text that was read."""
    pending, branch, editions, windows, credit, window_days, repeat_hours, version, *states = _decode(facts)
    own = (pk, actor.organisation.id, slug, editions, windows, branch, generation, pending)
    system = partly(System, COLUMNS, (*own, *map(from_sql, states)))
    _organisation.set_cached_value(system, actor.organisation)
    rules = Rules(window_days, repeat_hours, credit, windows, branch)
    known = None if claims is None else _claims(claims)
    return Snapshot(system, rules, version, known, facts=facts, claims_text=claims)


def _verified(text: str) -> dict[str, Level]:
    """The highest level of each test, of levels that are followed by their test."""
    levels: dict[str, Level] = {}
    for each in text.split():
        level, test = LEVELS[int(each[0])], each[1:]
        levels[test] = max(level, levels.get(test, Level.NONE))
    return levels


@lru_cache(maxsize=512)
def _claims(text: str) -> Claims:
    """What an assessment claims; most postings to a system meet the same one."""
    effective_at, claims = _decode(text)
    return thaw(claims, instant_from_sql(effective_at))
