"""What a pipeline asks of the server, for the command, the pytest plugin and for anybody's Python."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from mlscore_client import requests
from mlscore_client.environment import Provenance, provenance
from mlscore_client.errors import Misconfigured, Refused, Unavailable
from mlscore_client.requests import JSON_TYPE, Request
from mlscore_client.results import Result, instant_text
from mlscore_client.settings import Settings, read_settings
from mlscore_client.spool import Flushed, Spool
from mlscore_client.transport import Transport

CONFLICT = 409
_ITEM = re.compile(r"/results/(\d+)(?:/.*)?")


@dataclass
class Delivery:
    """What became of some requests: the answers by label, and the labels of what a spool keeps instead."""

    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    spooled: list[str] = field(default_factory=list)
    outage: Exception | None = None


class Client:
    """Talks to one server. `flushed` tells what became of the spool; it is None until a call had to do with it."""

    def __init__(self, settings: Settings, place: Provenance | None = None, transport: Transport | None = None) -> None:
        self.settings = settings
        self.place = place or provenance(os.environ)
        self.transport = transport or Transport(settings)
        self.spool = Spool(settings.spool) if settings.spool else None
        self.flushed: Flushed | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **settings: Any) -> Client:
        """A client set up by MLSCORE_URL, MLSCORE_TOKEN and the CI's variables. Raises Misconfigured without the two."""
        variables = os.environ if environ is None else environ
        return cls(read_settings(variables, **settings), provenance(variables))

    def post(self, results: Iterable[Result], *, dry_run: bool = False, measured: bool = False) -> Delivery:
        """Post results; what they leave open is filled from the environment, `observed_at` with this moment.

        `measured`: the moments in them come from this machine's clock too, and a repeat may differ in them alone.
        Raises Refused when the server finds them at fault, Unavailable when it gives no answer and no spool keeps them.
        """
        batch = requests_of(list(results), self.settings.system, self.place, measured=measured)
        return self.deliver(batch, dry_run=dry_run)

    def deliver(self, batch: Iterable[Request], *, dry_run: bool = False) -> Delivery:
        """Send requests that write, in order; what is spooled goes first, and what gets no answer is spooled.

        Raises as `post`, but no Unavailable once something was answered: the delivery tells of it. A dry run neither sends
        nor keeps anything of a spool.
        """
        if dry_run or self.spool is None:
            return self._deliver_or_leave(item.with_query(dry_run="true") if dry_run else item for item in batch)
        with self.spool.turn():
            self.flushed = self._flush(self.spool)
            return self._deliver_or_keep(self.spool, list(batch))

    def flush(self) -> None:
        """Send what is spooled, if anything; `flushed` tells what became of it."""
        if self.spool is not None:
            with self.spool.turn():
                self.flushed = self._flush(self.spool)

    def score(self, system: str, at: str | None = None) -> dict[str, Any]:
        """The score, at an RFC 3339 instant or at present. Raises Refused, Unavailable."""
        return self._get(f"systems/{system}/score/", at=at)

    def gate(self, system: str, **conditions: str | None) -> dict[str, Any]:
        """The verdict on these conditions, by the names of the API's parameters. Raises Refused, Unavailable."""
        return self._get(f"systems/{system}/gate/", **conditions)

    def plan(self, system: str, target: str | None = None) -> dict[str, Any]:
        """The steps to a score. Raises Refused, Unavailable."""
        return self._get(f"systems/{system}/plan/", target=target)

    def rules(self, path: str) -> list[dict[str, Any]]:
        """The mapping rules at this path of the API. Raises Refused, Unavailable."""
        return self._rules(requests.get(path))

    def replace_rules(self, path: str, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put these mapping rules in the place of all at this path; those in force. Raises Refused, Unavailable."""
        body = json.dumps({"rules": rules}).encode()
        return self._rules(Request("PUT", f"/api/v1/{path}", body=body))

    def _rules(self, request: Request) -> list[dict[str, Any]]:
        rules = self._object(request).get("rules")
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise Unavailable(f"{self.settings.url} answered no rules")
        return rules

    def only_system(self) -> str:
        """The system named in the settings, else the one that the token sees. Misconfigured when it sees several."""
        if self.settings.system:
            return self.settings.system
        seen = self._get("systems/").get("results", [])
        if len(seen) != 1:
            raise Misconfigured(f"Name a system (--system, MLSCORE_SYSTEM): the token sees {len(seen)} of them")
        return str(seen[0]["slug"])

    def _get(self, path: str, **query: str | None) -> dict[str, Any]:
        return self._object(requests.get(path, **query))

    def _object(self, request: Request, retries: int | None = None) -> dict[str, Any]:
        answer = self.transport.send(request, retries=retries)
        if not isinstance(answer, dict):
            raise Unavailable(f"{self.settings.url} answered what MLScore does not: {type(answer).__name__}")
        return answer

    def _send(self, request: Request, retries: int | None = None) -> dict[str, Any]:
        """The answer. A conflict about nothing but the moment that this client chose is none: the result is there."""
        try:
            return self._object(request, retries)
        except Refused as error:
            if error.status != CONFLICT or not request.stamped:
                raise
            return self._object(unstamped(request, error), retries)

    def _flush(self, spool: Spool) -> Flushed:
        """Try all that waits. One attempt each will do: a server that is still away shall not cost its time again."""
        return spool.flush(lambda request: self._send(request, retries=0))

    def _deliver_or_leave(self, batch: Iterable[Request]) -> Delivery:
        """Send until one gets no answer. Raises Unavailable when that is the first."""
        delivery = Delivery()
        try:
            for request in batch:
                delivery.answers.append((request.label, self._send(request)))
        except Unavailable as error:
            if not delivery.answers:
                raise
            delivery.outage = error
        return delivery

    def _deliver_or_keep(self, spool: Spool, batch: list[Request]) -> Delivery:
        delivery = Delivery()
        if self.flushed is not None and isinstance(self.flushed.stopped, (Unavailable, Misconfigured)):
            delivery.outage = self.flushed.stopped
        for request in batch:
            if delivery.outage is None:
                try:
                    delivery.answers.append((request.label, self._send(request)))
                    continue
                except Unavailable as error:
                    delivery.outage = error
            spool.add(stamped(request))
            delivery.spooled.append(request.label)
        return delivery


def requests_of(
    results: list[Result], system: str | None, place: Provenance, *, measured: bool = False
) -> list[Request]:
    """The requests that post these results, completed from the environment.

    Results whose moment the caller gave and those that get the present one travel apart: only the latter may lose it.
    """
    now = datetime.now(timezone.utc)
    defaults = {**place.fields(), "system": system}
    whole = [result.completed(defaults) for result in results]
    timed = [result for result in whole if result.observed_at is not None]
    stamped_now = [replace(result, observed_at=now) for result in whole if result.observed_at is None]
    return [*requests.postings(timed, stamped=measured), *requests.postings(stamped_now, stamped=True)]


def unstamped(request: Request, conflict: Refused) -> Request:
    """The request without its moment where the conflict is; without it everywhere when the conflict names no item."""
    if request.content_type != JSON_TYPE or "/imports/" in request.path:
        query = {name: value for name, value in request.query.items() if name not in ("observed_at", "sent_at")}
        return replace(request, query=query, stamped=False)
    body = json.loads(request.body)
    if is_event(request):
        body.pop("at", None)
        return replace(request, body=json.dumps(body).encode(), stamped=False)
    named = [_ITEM.fullmatch(str(fault.get("pointer"))) for fault in conflict.faults]
    at_fault = {int(match[1]) for match in named if match} or set(range(len(body["results"])))
    for index in at_fault:
        body["results"][index].pop("observed_at", None)
    return replace(request, body=json.dumps(body).encode(), stamped=False)


def stamped(request: Request) -> Request:
    """The request as a spool keeps it: what has no moment gets the present one, or it would count from later on.

    A report's own times go before that.
    """
    now = instant_text(datetime.now(timezone.utc))
    if is_event(request):
        body = json.loads(request.body)
        return (
            request if "at" in body else replace(request, body=json.dumps({**body, "at": now}).encode(), stamped=True)
        )
    if "/imports/" not in request.path or "observed_at" in request.query:
        return request
    return replace(request.with_query(sent_at=now), stamped=True)


def is_event(request: Request) -> bool:
    """Whether it records a release or a note."""
    return request.path.endswith("/events/")
