"""What every CI can tell about the job that runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One attempt of one job: `system`, `workflow`, `run`, `job`, `shard` and `attempt` tell it from every other."""

    system: str
    workflow: str
    run: str
    job: str
    attempt: str
    shard: str = ""
    commit: str | None = None
    branch: str | None = None
    pipeline: str | None = None
    url: str | None = None


def first(environ: Mapping[str, str], *names: str) -> str:
    """The value of the first of these variables that is set and not empty, else an empty text."""
    return next((environ[name] for name in names if environ.get(name)), "")


def joined(*parts: str, by: str = "/") -> str:
    """The parts that are not empty, as one text."""
    return by.join(part for part in parts if part)


def digest(text: str) -> str:
    """A short stand-in for a long or private identifier; empty for an empty one."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8] if text else ""


def branch_of_ref(ref: str) -> str | None:
    """The branch that a git ref names; None for a tag or another ref."""
    return ref[len("refs/heads/") :] if ref.startswith("refs/heads/") else None
