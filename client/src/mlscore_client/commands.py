"""What each command does with its options; the exit code is returned."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from mlscore_client import render, running
from mlscore_client.client import Client, Delivery
from mlscore_client.errors import Misconfigured, MlscoreError, Refused, Unavailable
from mlscore_client.events import event_request
from mlscore_client.mapping import count_of, difference, read_rules, write_rules
from mlscore_client.output import show, warn
from mlscore_client.reporting import DONE, GATE_FAILED, PROBLEM, advised, print_as, report, tell_of_spool
from mlscore_client.reports import files_of, import_of
from mlscore_client.results import Result, instant_of, instant_text

_RESULT = {field.name for field in fields(Result)}
Command = Callable[[argparse.Namespace], int]

PROVENANCE = ("run_id", "observed_at", "commit", "branch", "pipeline", "model_version", "dataset_version")


def client_of(options: argparse.Namespace) -> Client:
    """The client that the options and the environment describe. Raises Misconfigured."""
    return Client.from_environment(
        url=options.url,
        system=options.system,
        spool=options.spool,
        timeout=options.timeout,
        retries=options.retries,
    )


def post(options: argparse.Namespace) -> int:
    client = client_of(options)
    if options.file:
        if options.test or options.status or options.check or options.message or options.metric:
            raise Misconfigured("--file stands for itself: leave out --test, --status, --check, --message and --metric")
        given = {name: getattr(options, name) for name in PROVENANCE}
        results = [result.completed({**given, "url": options.run_url}) for result in read_results(options.file)]
    else:
        if not options.test or not options.status:
            raise Misconfigured("Name --test and --status, or a --file of results")
        results = [result_of(options, options.status)]
    return deliver(client, options, lambda: client.post(results, dry_run=options.dry_run))


def import_reports(options: argparse.Namespace) -> int:
    """Each report is a request of its own: one that is at fault, or missing, does not keep the others from being imported."""
    client = client_of(options)
    place = client.place.fields()
    parameters = {name: getattr(options, name) or place.get(name) for name in PROVENANCE if name != "observed_at"}
    parameters["observed_at"] = instant_text(options.observed_at) if options.observed_at else None
    parameters["url"] = options.run_url or place.get("url")
    parameters["system"] = client.settings.system
    manifest = Path(options.manifest) if options.manifest else None

    def send(path: Path) -> Delivery:
        request = import_of(path, format_name=options.format, parameters=parameters, manifest=manifest)
        return client.deliver([request], dry_run=options.dry_run)

    files, vain = files_of(options.reports)
    for pattern in vain:
        warn(f"No report: {pattern} names no file", kind="error")
    if not files:
        return PROBLEM
    whole, refused = import_each(files, send)
    return max(PROBLEM if refused or vain else DONE, report(client, options, whole))


def import_each(files: list[Path], send: Callable[[Path], Delivery]) -> tuple[Delivery, bool]:
    """What became of all files together, and whether one was at fault; says which, and which an outage left out."""
    whole, refused = Delivery(), False
    for number, path in enumerate(files):
        part = unless_at_fault(path, send)
        refused = refused or part is None
        if part is None:
            continue
        whole.answers += part.answers
        whole.spooled += part.spooled
        whole.outage = whole.outage or part.outage
        if part.outage is not None and not part.spooled:
            # Nobody answers and nothing is kept: the others would only cost time.
            warn(f"not imported: {', '.join(map(str, files[number:]))}")
            break
    return whole, refused


def unless_at_fault(path: Path, send: Callable[[Path], Delivery]) -> Delivery | None:
    """What became of one file; None, and a word about it, when it is at fault."""
    try:
        return send(path)
    except Unavailable as error:
        return Delivery(outage=error)
    except (Refused, Misconfigured) as error:
        warn(f"{path}: {advised(error)}", kind="error")
        return None


def run(options: argparse.Namespace) -> int:
    """The settings are read before the command runs: nobody shall wait for hours to learn that a token was missing."""
    client = client_of(options)
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        raise Misconfigured("Name a command: mlscore run --test infra-3 -- COMMAND ...")
    outcome = running.run(argv)
    if outcome.trouble:
        warn(outcome.trouble, kind="error")
    options.message = options.message or outcome.message
    options.metric = [*options.metric, ("duration_seconds", round(outcome.seconds, 3))]
    try:
        results = [result_of(options, outcome.status)]
        code = deliver(client, options, lambda: client.post(results, dry_run=options.dry_run))
    except MlscoreError as error:
        warn(str(error), kind="error")
        code = PROBLEM
    return outcome.code or code


def gate(options: argparse.Namespace) -> int:
    """A gate that cannot be asked is closed: exit code 2, strict or not."""
    client = client_of(options)
    flush(client)
    verdict = client.gate(
        client.only_system(),
        min_score=decimal(options.min_score),
        max_drop=decimal(options.max_drop),
        since=instant_text(options.since) if options.since else None,
        no_failing="true" if options.no_failing else None,
    )
    if not isinstance(verdict.get("passed"), bool):
        raise Unavailable("The answer is no verdict")
    print_as(options, verdict, lambda: render.gate_text(verdict), lambda: str(verdict.get("markdown", "")))
    return DONE if verdict["passed"] else GATE_FAILED


def score(options: argparse.Namespace) -> int:
    client = client_of(options)

    def ask() -> None:
        system, now = client.only_system(), options.at or datetime.now(timezone.utc)
        after = client.score(system, instant_text(options.at) if options.at else None)
        before = client.score(system, instant_text(options.since)) if options.since and options.markdown else None
        print_as(
            options,
            after,
            lambda: render.score_text(after, now),
            lambda: render.score_markdown(before, after, now),
        )

    return reading(client, options, ask)


def plan(options: argparse.Namespace) -> int:
    client = client_of(options)

    def ask() -> None:
        found = client.plan(client.only_system(), decimal(options.target))
        steps = render.plan_lines(found)
        print_as(
            options,
            found,
            lambda: "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1)) or "Nothing left to do.",
            lambda: "\n".join(f"1. {render.escaped(step)}" for step in steps) or "Nothing left to do.",
        )

    return reading(client, options, ask)


def mapping(options: argparse.Namespace) -> int:
    """Pull writes the file, push replaces all rules that are in force; without an answer neither is done: exit code 2."""
    client = client_of(options)
    rules = read_rules(options.file) if options.direction == "push" else []
    path = "organisation/mapping/" if options.organisation else f"systems/{client.only_system()}/mapping/"
    if options.direction == "pull":
        rules = client.rules(path)
        write_rules(options.file, rules)
        warn(f"{count_of(rules)} written to {options.file}", kind="note")
    elif options.dry_run:
        show("\n".join(difference(client.rules(path), rules)) or "Nothing would change.")
    else:
        show(f"{count_of(client.replace_rules(path, rules))} in force.")
    return DONE


def event(options: argparse.Namespace) -> int:
    """An event that gets no answer waits in the spool like results, and bears the moment of this call then."""
    client = client_of(options)
    given = {name: getattr(options, name) for name in ("text", "commit", "model_version", "event_id")}

    def send() -> Delivery:
        request = event_request(
            client.only_system(),
            options.kind,
            options.title,
            given={**given, "url": options.run_url},
            at=options.at,
            place=client.place,
        )
        return client.deliver([request])

    return deliver(client, options, send)


def reading(client: Client, options: argparse.Namespace, ask: Callable[[], None]) -> int:
    """Send what is spooled, then ask; an outage is a warning unless --strict."""
    try:
        flush(client)
        ask()
    except Unavailable as error:
        warn(str(error))
        return PROBLEM if options.strict else DONE
    return DONE


def deliver(client: Client, options: argparse.Namespace, send: Callable[[], Delivery]) -> int:
    """Send and report; an outage is a warning unless --strict. Raises Misconfigured."""
    try:
        delivery = send()
    except Refused as error:
        warn(advised(error), kind="error")
        return PROBLEM
    except Unavailable as error:
        delivery = Delivery(outage=error)
    return report(client, options, delivery)


def flush(client: Client) -> None:
    client.flush()
    tell_of_spool(client)


def result_of(options: argparse.Namespace, status: str) -> Result:
    """The result that the options describe. Raises Misconfigured."""
    given = {name: getattr(options, name) for name in PROVENANCE}
    try:
        return Result(
            test=options.test,
            status=status,
            check=options.check,
            message=options.message,
            url=options.run_url,
            metrics=dict(options.metric) or None,
            **given,
        )
    except ValueError as error:
        raise Misconfigured(str(error)) from error


def read_results(name: str) -> list[Result]:
    """The results in a JSON file: one, a list of them, or {"results": [...]}. Raises Misconfigured."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise Misconfigured(f"{name}: {error}") from error
    items = document.get("results", [document]) if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise Misconfigured(f"{name}: results must be a list")
    if not items:
        raise Misconfigured(f"{name}: no results")
    return [read_result(f"{name}: /results/{index}", item) for index, item in enumerate(items)]


def read_result(where: str, item: Any) -> Result:
    """Raises Misconfigured, with where it is, for what can be no result."""
    if not isinstance(item, dict):
        raise Misconfigured(f"{where}: not an object")
    try:
        if unknown := item.keys() - _RESULT:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if missing := {"test", "status"} - item.keys():
            raise ValueError(f"required: {', '.join(sorted(missing))}")
        observed_at = instant_of(str(item["observed_at"])) if item.get("observed_at") else None
        return Result(**{**item, "observed_at": observed_at})
    except (TypeError, ValueError) as error:
        raise Misconfigured(f"{where}: {error}") from error


def decimal(value: float | None) -> str | None:
    """A number for a query parameter."""
    return None if value is None else repr(value)
