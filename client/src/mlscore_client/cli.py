"""The command `mlscore`.

Exit codes: 0 done (or, without --strict, the server was away: a warning); 1 the gate failed; 2 it could not be done: wrong
arguments, refused by the server, or, with --strict and for `gate` always, no answer. `run` exits with its command's code.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mlscore_client import commands
from mlscore_client.errors import MlscoreError
from mlscore_client.events import KINDS
from mlscore_client.output import warn
from mlscore_client.reports import AUTO
from mlscore_client.results import STATUSES, instant_of
from mlscore_client.settings import strict

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PROBLEM = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (default: those of the process); the exit code."""
    options = parser().parse_args(arguments)
    options.strict = options.strict or strict(os.environ)
    try:
        code: int = options.command(options)
    except MlscoreError as error:
        warn(str(error), kind="error")
        return PROBLEM
    except Exception:  # noqa: BLE001 - Python would exit with 1, which says that a gate failed
        traceback.print_exc()
        return PROBLEM
    return code


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    whole = argparse.ArgumentParser(
        prog="mlscore", description="Report what a pipeline checked to MLScore, and ask it."
    )
    names = whole.add_subparsers(required=True, metavar="COMMAND")
    _add_post(names)
    _add_import(names)
    _add_run(names)
    _add_gate(names)
    _add_score(names)
    _add_plan(names)
    _add_event(names)
    _add_mapping(names)
    return whole


def _add_post(names: Commands) -> None:
    post = _command(names, "post", commands.post, "post the result of a check, or many of a file")
    post.add_argument("--test", help="the test's key, such as data-1")
    post.add_argument("--status", choices=STATUSES)
    post.add_argument(
        "--file", metavar="JSON", help='results as the API takes them, {"results": [...]}; - is standard input'
    )
    _result_options(post)
    _writing_options(post)


def _add_import(names: Commands) -> None:
    into = _command(names, "import", commands.import_reports, "import reports of tools: JUnit XML, dbt, Soda, ...")
    into.add_argument("reports", nargs="+", metavar="REPORT", help="a file, or a pattern such as 'reports/**/*.xml'")
    into.add_argument("--format", default=AUTO, help="what tool wrote them (default: recognised)")
    into.add_argument("--manifest", metavar="FILE", help="dbt's manifest.json (default: the one beside the report)")
    _provenance_options(into)
    _writing_options(into)


def _add_run(names: Commands) -> None:
    run = _command(names, "run", commands.run, "run a command, post its outcome and duration, exit with its code")
    run.add_argument("--test", required=True, help="the test's key, such as infra-3")
    _result_options(run)
    _writing_options(run)
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run")


def _add_gate(names: Commands) -> None:
    gate = _command(
        names, "gate", commands.gate, "exit 1 unless the system stands as demanded; 2 when it could not be asked"
    )
    gate.add_argument("--min-score", type=_number, metavar="X", help="the least score (default: the system's target)")
    gate.add_argument("--max-drop", type=_number, metavar="Y", help="by how much it may have fallen")
    gate.add_argument("--since", type=_instant, metavar="T", help="what a drop is measured from (default: 30 days ago)")
    gate.add_argument("--no-failing", action="store_true", help="no test may be failing")


def _add_score(names: Commands) -> None:
    score = _command(names, "score", commands.score, "show the score")
    score.add_argument("--at", type=_instant, metavar="T", help="at this instant (default: at present)")
    score.add_argument("--since", type=_instant, metavar="T", help="with --markdown: compare with this instant")


def _add_plan(names: Commands) -> None:
    plan = _command(names, "plan", commands.plan, "show the cheapest steps to a score")
    plan.add_argument("--target", type=_number, metavar="X", help="the score to reach")


def _add_event(names: Commands) -> None:
    event = _command(names, "event", commands.event, "record a release or a note on the system's timeline")
    event.add_argument("--kind", choices=KINDS, required=True)
    event.add_argument("--title", required=True, metavar="TEXT")
    event.add_argument("--text", metavar="TEXT", help="what to say besides")
    event.add_argument("--at", type=_instant, metavar="T", help="when it happened (default: at present)")
    event.add_argument("--event-id", metavar="ID", help="default: made from the CI's variables, kind and title")
    event.add_argument("--run-url", metavar="URL", help="where to read more (default: the CI's page of this job)")
    for name in ("commit", "model-version"):
        event.add_argument(f"--{name}", metavar="TEXT")


def _add_mapping(names: Commands) -> None:
    mapping = _command(names, "mapping", commands.mapping, "keep the mapping rules in a TOML file")
    mapping.add_argument("direction", choices=("pull", "push"), help="write the file, or put its rules in force")
    mapping.add_argument("file", metavar="FILE", help="- is standard output or input")
    mapping.add_argument("--organisation", action="store_true", help="the organisation's rules, not a system's")
    mapping.add_argument("--dry-run", action="store_true", help="with push: say what would change, and change nothing")


def _command(names: Commands, name: str, function: commands.Command, purpose: str) -> argparse.ArgumentParser:
    """A command with the options that all have."""
    one: argparse.ArgumentParser = names.add_parser(
        name, help=purpose, description=purpose[0].upper() + purpose[1:] + "."
    )
    one.set_defaults(command=function, dry_run=False)
    one.add_argument("--url", help="the server's address (default: MLSCORE_URL); the token comes from MLSCORE_TOKEN")
    one.add_argument(
        "--system", metavar="SLUG", help="the system (default: MLSCORE_SYSTEM, or the one the token is bound to)"
    )
    one.add_argument("--spool", metavar="DIR", help="keep here what got no answer; the next call sends it first")
    one.add_argument("--strict", action="store_true", help="a server that gives no answer is a failure (exit code 2)")
    one.add_argument("--timeout", type=_number, metavar="S", help="seconds to wait for one answer (default: 10)")
    one.add_argument("--retries", type=_count, metavar="N", help="attempts after the first (default: 4)")
    shape = one.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print the server's answer")
    shape.add_argument("--markdown", action="store_true", help="print text for a pull request comment")
    return one


def _provenance_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--run-id", metavar="ID", help="default: made from the CI's variables")
    one.add_argument("--observed-at", type=_instant, metavar="T", help="when it ran (RFC 3339 with an offset)")
    for name in ("commit", "branch", "pipeline", "model-version", "dataset-version"):
        one.add_argument(f"--{name}", metavar="TEXT")
    one.add_argument("--run-url", metavar="URL", help="where to read more (default: the CI's page of this job)")


def _result_options(one: argparse.ArgumentParser) -> None:
    _provenance_options(one)
    one.add_argument("--check", metavar="NAME", help="the check's name (default: the test's key)")
    one.add_argument("--message", metavar="TEXT")
    one.add_argument(
        "--metric", action="append", type=_metric, default=[], metavar="NAME=NUMBER", help="may be repeated"
    )


def _writing_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--dry-run", action="store_true", help="let the server check it and store nothing")


def _metric(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"not NAME=NUMBER: {text!r}")
    return name, _number(value)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"not a finite number: {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"not a count: {text!r}")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        return instant_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
