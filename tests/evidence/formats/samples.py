"""The sample reports beside these tests: real ones of real tools, and hostile ones made by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from evidence import formats

REPORTS = Path(__file__).parent / "reports"
REAL = sorted(
    path.relative_to(REPORTS).as_posix()
    for path in REPORTS.rglob("*.*")
    if path.parent.name != "hostile" and path.name != "manifest.json"
)


def body(name: str) -> bytes:
    return (REPORTS / name).read_bytes()


def folded(name: str, format_name: str = formats.AUTO) -> dict[str, formats.ReportedCheck]:
    """The sample's checks by name, one for each."""
    return {check.name: check for check in formats.fold(formats.read(format_name, body(name)).checks)}


def tally(name: str) -> dict[str, int]:
    """How many checks of the sample ended how."""
    return dict(Counter(str(check.status) for check in folded(name).values()))
