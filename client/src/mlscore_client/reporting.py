"""Telling what became of what was sent: the answers on standard output, troubles on standard error."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import Any, Callable

from mlscore_client import render
from mlscore_client.client import CONFLICT, Client, Delivery
from mlscore_client.errors import MlscoreError, Refused, Unavailable
from mlscore_client.output import show, show_json, warn

DONE, GATE_FAILED, PROBLEM = 0, 1, 2
"""The exit codes."""


def report(client: Client, options: argparse.Namespace, delivery: Delivery) -> int:
    """Print what became of a delivery, and of the spool before it."""
    troubled = tell_of_spool(client)
    if delivery.outage is not None:
        kept = f"; kept in {client.settings.spool}: {', '.join(delivery.spooled)}" if delivery.spooled else ""
        warn(f"{delivery.outage}{kept or left_out(delivery)}")
    answers = [answer for _, answer in delivery.answers]
    if options.json:
        show_json(json_of(delivery))
    elif options.markdown:
        show(markdown_of(client, answers, delivery))
    else:
        for label, answer in delivery.answers:
            show(
                (f"{label}: " if len(delivery.answers) > 1 else "") + render.answer_text(answer, options.dry_run),
                aside=hasattr(options, "argv"),
            )
    return PROBLEM if options.strict and (delivery.outage or troubled) else DONE


def left_out(delivery: Delivery) -> str:
    """What an outage that no spool bridges left unstored."""
    return "; the rest was not stored" if delivery.answers else "; nothing was stored"


def json_of(delivery: Delivery) -> Any:
    """The server's answer as it is; several, or what is not there, in an object around them."""
    if len(delivery.answers) == 1 and delivery.outage is None:
        return delivery.answers[0][1]
    answers = [{"label": label, "answer": answer} for label, answer in delivery.answers]
    error = str(delivery.outage) if delivery.outage else None
    return {"answers": answers, "spooled": delivery.spooled, "error": error}


def markdown_of(client: Client, answers: list[dict[str, Any]], delivery: Delivery) -> str:
    """The comment; during an outage it says so, so that an old one does not stay and mislead."""
    if not answers and delivery.outage is not None:
        kept = " The results are kept and will be sent later." if delivery.spooled else ""
        return f"### MLScore\n\nThe server gave no answer.{kept}"
    slugs = {str(system["system"]) for answer in answers for system in answer.get("systems", [])}
    return render.answers_markdown(
        answers, {slug: readable(client, slug) for slug in slugs}, datetime.now(timezone.utc)
    )


def readable(client: Client, slug: str) -> dict[str, Any] | None:
    """The score, None when the token may not read it or the server does not tell."""
    try:
        return client.score(slug)
    except (Refused, Unavailable):
        return None


def tell_of_spool(client: Client) -> bool:
    """Say what became of the spool; whether something of it was set aside or could not be sent."""
    flushed = client.flushed
    if flushed is None:
        return False
    client.flushed = None
    if flushed.sent:
        warn(f"sent {flushed.sent} spooled earlier", kind="note")
    for refused in flushed.refused:
        warn(f"set aside in {client.settings.spool}/refused: {refused}")
    if flushed.stopped is not None:
        warn(f"{flushed.waiting} still wait in {client.settings.spool}: {flushed.stopped}")
    return bool(flushed.refused or flushed.stopped)


def advised(error: MlscoreError) -> str:
    """A refusal with what to do about the one that is not plain from it."""
    if not isinstance(error, Refused) or error.status != CONFLICT:
        return str(error)
    return f"{error}\n  Another execution in the same job is another run: give it a --run-id (MLSCORE_RUN_ID)."


def print_as(
    options: argparse.Namespace, answer: dict[str, Any], text: Callable[[], str], markdown: Callable[[], str]
) -> None:
    if options.json:
        show_json(answer)
    else:
        show(markdown() if options.markdown else text())
