"""The figures, as a page of Markdown that says what they were measured on."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass
class Posts:
    """One kind of posting: a second's answers in each stretch, beside those of the bare view in the stretch before it."""

    kind: str
    bare: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def add(self, bare: dict[str, Any], full: dict[str, Any]) -> None:
        """Take in one stretch of each, as the client answered them."""
        self.bare.append(bare["requests"] / bare["seconds"])
        self.full.append(full["requests"] / full["seconds"])
        self.ms += full["ms"]

    @property
    def row(self) -> list[str]:
        bare, full = statistics.median(self.bare), statistics.median(self.full)
        ratio = statistics.median(one / other for one, other in zip(self.full, self.bare, strict=True))
        ms = sorted(self.ms)
        spread = f"{min(self.full):.0f} to {max(self.full):.0f}"
        return [
            self.kind,
            f"{full:.0f}",
            spread,
            f"{bare:.0f}",
            f"{ratio:.2f}",
            f"{statistics.median(ms):.1f}",
            f"{ms[int(len(ms) * 0.95)]:.1f}",
        ]


@dataclass(frozen=True)
class Page:
    """One page: median and 95th percentile in ms, bytes as sent and as gzip would make them."""

    name: str
    systems: int
    median: float
    high: float
    raw: int
    compressed: int

    @property
    def row(self) -> list[str]:
        sizes = [f"{self.raw:,}", f"{self.compressed:,}"]
        return [self.name, str(self.systems), f"{self.median:.1f}", f"{self.high:.1f}", *sizes]


def write(*, machine: str, setting: str, posts: list[Posts], pages: list[Page]) -> None:
    """Print everything."""
    say(f"\n{machine}\n\n{setting}.\n")
    table(["a POST of", "POSTs a second", "range", "beside", "ratio", "median ms", "95% ms"], [p.row for p in posts])
    say("")
    table(["page", "systems", "median ms", "95% ms", "bytes", "bytes with gzip"], [page.row for page in pages])


def table(head: list[str], rows: list[list[str]]) -> None:
    """A table in Markdown, with numbers to the right."""
    say(f"| {' | '.join(head)} |")
    say("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        say(f"| {' | '.join(row)} |")


def machine(load: str) -> str:
    """What the figures were measured on; call it while the database is up."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    memory = Path("/proc/meminfo")
    kilobytes = int(memory.read_text().split()[1]) if memory.exists() else 0
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({processor()}), {kilobytes / 2**20:.0f} GiB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, PostgreSQL {version}; "
        f"client, servers and databases on the same machine, whose load average at the start was {load}."
    )


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def load_average() -> str:
    """How busy the machine was in the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def say(text: str) -> None:
    """Tell the person at the console."""
    print(text, flush=True)
