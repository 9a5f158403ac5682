"""Mapping rules in a file of the pipeline's own repository: TOML, an array of tables `rules` as the API has them in JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlscore_client.errors import Misconfigured

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Rules = list[dict[str, Any]]
STANDARD = "-"


def read_rules(name: str) -> Rules:
    """The rules in a TOML file (`-`: standard input), their fields left for the server to check. Raises Misconfigured."""
    try:
        content = sys.stdin.buffer.read() if name == STANDARD else Path(name).read_bytes()
        document = tomllib.loads(content.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{name}: {error}") from error
    rules = document.get("rules", [])
    if set(document) - {"rules"} or not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise Misconfigured(f"{name}: a file of rules holds nothing but tables [[rules]]")
    try:
        json.dumps(rules)
    except TypeError as error:
        raise Misconfigured(f"{name}: a rule holds texts only ({error})") from error
    return rules


def write_rules(name: str, rules: Rules) -> None:
    """Write a TOML file (`-`: standard output) that `read_rules` reads. Raises Misconfigured when it can't be written."""
    content = as_toml(rules).encode("utf-8")
    try:
        if name == STANDARD:
            sys.stdout.buffer.write(content)
        else:
            Path(name).write_bytes(content)
    except OSError as error:
        raise Misconfigured(f"{name}: {error}") from error


def as_toml(rules: Rules) -> str:
    """The rules in their order; fields that are null are left out."""
    parts = ["# Mapping rules: the first that matches a check's full name wins.\n"]
    for rule in rules:
        lines = (f"{field} = {_quoted(str(value))}\n" for field, value in rule.items() if value is not None)
        parts.append(f"[[rules]]\n{''.join(lines)}")
    return "\n".join(parts)


def difference(before: Rules, after: Rules) -> list[str]:
    """What replacing these rules would change, a line for each rule added or removed; empty when it would be nothing."""
    old, new = [_line(rule) for rule in before], [_line(rule) for rule in after]
    lines = [*(f"- {line}" for line in old if line not in new), *(f"+ {line}" for line in new if line not in old)]
    return lines or (["the same rules in another order"] if old != new else [])


def count_of(rules: Sequence[Any]) -> str:
    return "1 rule" if len(rules) == 1 else f"{len(rules)} rules"


def _line(rule: dict[str, Any]) -> str:
    only = f" ({rule['format']})" if rule.get("format") else ""
    return f"{rule.get('pattern')} -> {rule.get('test')}{only}"


def _quoted(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
