"""The project's pages of documentation, and what tests take out of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"


@dataclass(frozen=True, slots=True)
class Example:
    """A block of shell commands, and the JSON that the page shows as its answer; empty where it shows none."""

    commands: str
    answer: str


def examples(page: str) -> list[Example]:
    """The blocks marked `shell` of a page, in their order; a block marked `json` answers the one before it."""
    found: list[Example] = []
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL):
        if language == "shell":
            found.append(Example(text, ""))
        elif language == "json":
            assert found and not found[-1].answer, f"no command before the answer {text!r}"
            found[-1] = Example(found[-1].commands, text)
    return found


def table(page: str, *head: str) -> list[list[str]]:
    """The rows of the table with this head. AssertionError when the page has none."""
    lines = page.splitlines()
    start = next((index for index, line in enumerate(lines) if cells(line) == list(head)), None)
    assert start is not None, f"no table with the columns {head}"
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(cells(line))
    return rows


def cells(line: str) -> list[str]:
    """The cells of a line of a table, without the marks of code."""
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
