"""Every page of documentation can be reached, and every link in it leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def links(page: Path) -> list[Path]:
    """The files that a page links to, or shows; addresses elsewhere are left out."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return [(page.parent / target).resolve() for target in targets if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    assert [str(target) for target in links(page) if not target.is_file()] == []


def test_the_index_names_every_page() -> None:
    index = DOCS / "index.md"
    assert {path for path in links(index) if path.suffix == ".md"} == {
        page.resolve() for page in PAGES if page not in (ROOT / "README.md", index)
    }
