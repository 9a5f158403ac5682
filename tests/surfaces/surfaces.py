"""Every place that says a score, read as its readers read it, so that all of them can be held against each other.

To add one, write a function that reads it for a system at an instant and add a row to SURFACES. The clock is stopped at that
instant, so places that only speak of the present speak of it. `None` says that nothing was recorded by then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.actors import Actor
from accounts.models import Membership, Scope
from accounts.tokens import create_token
from assessments.badges import show_chart, turn_on
from assessments.models import System
from dashboards import phrases
from exports.table import Source
from exports.tables import TABLES
from exports.writing import JSON, one_file
from notify.models import moment
from rubric.definition import Rubric
from rubric.loader import builtin
from rubric.scoring import number
from scores.reading import first_fact_at, full_score

UNSAID = "–"
Said = Mapping[str, Any]
"""What a surface says: `score`, `claimed`, `verified` as texts or numbers, `categories` by key; some leave some of it out."""


@dataclass(frozen=True)
class Asking:
    """An owner of an organisation and a machine of theirs, both at one instant."""

    member: Membership
    at: datetime

    @cached_property
    def browser(self) -> Client:
        client = Client()
        client.force_login(self.member.person)
        return client

    @cached_property
    def machine(self) -> Client:
        actor = Actor.of(self.member)
        _, secret = create_token(
            actor=actor, name="reader", scopes=[Scope.READ], system_id=None, expires_at=None, at=self.at
        )
        return Client(headers={"Authorization": f"Bearer {secret}"})

    def page(self, rest: str, query: Mapping[str, Any] | None = None) -> str:
        """The HTML of one of the organisation's pages."""
        response = self.browser.get(f"/o/{self.member.organisation.slug}/{rest}", query)
        assert response.status_code == 200, rest
        return response.content.decode()

    def api(self, rest: str, query: Mapping[str, str] | None = None) -> Any:
        response = self.machine.get(f"/api/v1/{rest}", query)
        assert response.status_code == 200, response.content
        return json.loads(response.content)


def words(html: str) -> str:
    """The text of a piece of HTML."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def found(pattern: str, html: str) -> list[str]:
    """The words of each group of a pattern, which must be there."""
    match = re.search(pattern, html, re.DOTALL)
    assert match is not None, pattern
    return [words(group) for group in match.groups()]


def row_of(html: str, system: System) -> str:
    """The row of a table whose heading links to the system."""
    rows: list[str] = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return next(row for row in rows if re.search(rf'<th scope="row".*?/systems/{system.slug}/"', row, re.DOTALL))


def overview(asking: Asking, system: System) -> Said | None:
    row = row_of(asking.page("", {"lifecycle": "all"}), system)
    if "Not assessed" in words(row):
        return None
    score, proof = found(r'class="o-score"><b>(.*?)</b>.*?class="o-proof">(.*?)</td>', row)
    claimed, verified = proof.removeprefix("claimed ").split(" / verified ")
    return {"score": score, "claimed": claimed, "verified": verified}


def heat_map(asking: Asking, system: System) -> Said | None:
    rubric = system.edition_at(asking.at)
    html = asking.page("heat-map/", {"lifecycle": "all", "rubric": rubric, "at": moment(asking.at)})
    row = row_of(html, system)
    if '<td class="h-none"' in row:
        return None
    score, verified = found(r'class="num"><b>(.*?)</b>.*?class="num h-ver">(.*?)</td>', row)
    return {"score": score, "verified": verified}


def comparison(asking: Asking, system: System) -> Said | None:
    others = System.objects.visible_to(asking.member).exclude(pk=system.pk)[:1]
    slugs = [system.slug, *(other.slug for other in others)]
    html = asking.page("compare/", {"system": slugs, "at": moment(asking.at)})
    said = {name: found(rf'<th scope="row">{name.title()}</th>\s*<td[^>]*>(.*?)</td>', html)[0] for name in TOTALS}
    if said["score"] == "Not assessed":
        return None
    return {**said, "score": re.split(r" (?!%)", said["score"])[0]}


def system_page(asking: Asking, system: System) -> Said | None:
    return _hero(asking.page(f"systems/{system.slug}/", {"at": moment(asking.at)}), system, asking.at)


def report(asking: Asking, system: System) -> Said | None:
    return _hero(asking.page(f"systems/{system.slug}/report/", {"at": moment(asking.at)}), system, asking.at)


def _hero(html: str, system: System, at: datetime) -> Said | None:
    """What the head of a page about a system says; None where it shows no score."""
    if re.search(r'<p class="score"><b>[^–]', html) is None:
        return None
    score, unit = found(r'<p class="score"><b>(.*?)</b>(.*?)</p>', html)
    claimed = found(r"<dt>Claimed</dt>\s*<dd>(.*?)</dd>", html)[0]
    verified = found(r"<dt>Verified</dt>\s*<dd>(.*?)</dd>", html)[0]
    points = re.findall(r'<span class="cat-score">(.*?)</span>', html)
    categories = [category.key for category in builtin()[system.edition_at(at)].categories]
    return {
        "score": f"{score} %" if unit == "%" else score,
        "claimed": claimed,
        "verified": verified,
        "categories": dict(zip(categories, map(words, points), strict=True)),
    }


def api_score(asking: Asking, system: System) -> Said:
    body = asking.api(f"systems/{system.slug}/score/", {"at": moment(asking.at)})
    by_category = {category["key"]: category["score"] for category in body["categories"]}
    return {**{name: body[name] for name in TOTALS}, "categories": by_category}


def api_history(asking: Asking, system: System) -> Said:
    query = {"start": moment(asking.at), "end": moment(asking.at)}
    (point,) = asking.api(f"systems/{system.slug}/history/", query)["points"]
    return {name: point[name] for name in (*TOTALS, "categories")}


def badge(asking: Asking, system: System) -> Said | None:
    key = turn_on(actor=Actor.of(asking.member), system=system, at=asking.at).key
    body = json.loads(Client().get(f"/badge/{key}.json").content)
    return None if body["score"] is None else {name: body[name] for name in TOTALS}


def chart(asking: Asking, system: System) -> Said | None:
    """The labels at the ends of the lines; without a line of what never ran."""
    actor = Actor.of(asking.member)
    turn_on(actor=actor, system=system, at=asking.at)
    key = show_chart(actor=actor, system=system, shown=True, at=asking.at).key
    svg = Client().get(f"/badge/{key}/chart.svg").content.decode()
    labels = re.findall(r">(Score|Verified) ([^<]*)</text>", svg)
    return {name.lower(): value for name, value in labels} if labels else None


def metrics(asking: Asking, system: System) -> Said | None:
    text = asking.machine.get("/metrics/scores").content.decode()
    said: dict[str, Any] = {"categories": {}}
    names = {"mlscore_score": "score", "mlscore_claimed_score": "claimed", "mlscore_verified_score": "verified"}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels["system"] != system.slug:
                continue
            if family.name in names:
                said[names[family.name]] = sample.value
            elif family.name == "mlscore_category_score":
                said["categories"][sample.labels["category"]] = sample.value
    return said if "score" in said else None


def export(asking: Asking, system: System) -> Said | None:
    document = json.loads(b"".join(one_file(TABLES["scores"], JSON, Source(asking.member, asking.at))))
    points = [row for row in document["rows"] if row["system"] == system.slug]
    return {name: points[-1][name] for name in (*TOTALS, "categories")} if points else None


TOTALS = ("score", "claimed", "verified")
SURFACES: Mapping[str, Callable[[Asking, System], Said | None]] = {
    "organisation's page": overview,
    "heat map": heat_map,
    "comparison": comparison,
    "system's page": system_page,
    "API, score": api_score,
    "API, history": api_history,
    "report": report,
    "badge": badge,
    "embedded chart": chart,
    "metrics": metrics,
    "export of scores": export,
}
ALWAYS = {"API, score", "API, history"}
"""Those which say 0 where nothing was recorded, as the contract has it."""
PRESENT = {"organisation's page"}
"""Those which compare all systems by the editions they have: no present lies before some system moved to another one."""


def compare(member: Membership, system: System, at: datetime, patch: pytest.MonkeyPatch) -> None:
    """Every surface says what the one function says of the system at an instant."""
    with patch.context() as stopped:
        stopped.setattr(timezone, "now", lambda: at)
        asking = Asking(member, at)
        total = full_score(system, at).total
        since = first_fact_at(system)
        expected = {name: getattr(total, name).score for name in TOTALS} | {"categories": total.score.categories}
        moves = [each.edition_changed_at for each in System.objects.visible_to(member)]
        before_a_move = any(moved is not None and moved > at for moved in moves)
        for name, read in SURFACES.items():
            if name in PRESENT and before_a_move:
                continue
            said = read(asking, system)
            where = f"{name}, {system.slug} at {at}"
            assert (said is None) == ((since is None or since > at) and name not in ALWAYS), where
            if said is not None:
                _assert_same(said, expected, total.rubric, where)


def _assert_same(said: Said, expected: Mapping[str, Any], rubric: Rubric, where: str) -> None:
    for name, value in said.items():
        if name == "categories":
            assert value == {
                key: phrases.points(points) if isinstance(value[key], str) else number(points)
                for key, points in expected[name].items()
            }, where
        elif value == UNSAID:  # where nobody claims anything, or nothing ever ran, pages say so in place of 0
            assert name in ("claimed", "verified") and expected[name] == 0, where
        else:
            wanted = phrases.score(expected[name], rubric) if isinstance(value, str) else number(expected[name])
            assert value == wanted, f"{where}: {name}"
