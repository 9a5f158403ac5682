"""Serves the Plotly that the Python package ships, in a form that a strict Content-Security-Policy allows.

Plotly.js writes rules for its layers into a style element, which `default-src 'self'` refuses. It leaves that be when
the page has an element with the id `plotly.js-style-global` and the class `no-inline-styles`: then the rules must come
from a sheet. That sheet is extracted here from the very script that is served, whenever static files are collected. In
the same way the map library inside Plotly writes no sheet where an element with the id of its own sheet exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX = "plotly"
SCRIPT, SHEET = "plotly.min.js", "layers.css"

_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_FIRST_RULE = '{"X,X div":'
_RULE = re.compile(rf"[{{,](?P<selector>{_STRING}|\w+):(?P<declarations>{_STRING})")
_MAP_STYLE = re.compile(r'getElementById\("([0-9a-f]{64})"\)')
_SHORTHANDS = {"X": ".js-plotly-plot .plotly", "Y": ".plotly-notifier"}


def package_data() -> Path:
    """Where the installed plotly package keeps its script."""
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("plotly is not installed")
    return Path(spec.submodule_search_locations[0]) / "package_data"


def layer_rules(script: str) -> str:
    """The style sheet that this plotly.min.js would write itself. Raises ValueError where its rules cannot be found."""
    position = script.find(_FIRST_RULE)
    rules = []
    while position >= 0 and (match := _RULE.match(script, position)):
        selector = re.sub("[XY]", lambda found: _SHORTHANDS[found.group()], _unquoted(match["selector"]))
        rules.append(f"{selector} {{ {_unquoted(match['declarations'])} }}\n")
        position = match.end()
    if not rules or script[position : position + 1] != "}":
        raise ValueError("this plotly.min.js keeps its style rules elsewhere; its layers would fall apart")
    # Each rule is inserted before the ones already there, so the last one stands first.
    return "".join(reversed(rules))


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1]) if literal[0] in "\"'" else literal


@lru_cache(maxsize=1)
def map_style_id() -> str:
    """The id of the style element that the map library in Plotly would add; raises ValueError where it has none."""
    match = _MAP_STYLE.search((package_data() / SCRIPT).read_text("utf-8"))
    if match is None:
        raise ValueError("this plotly.min.js names no style of its map library")
    return match[1]


class PlotlyFinder(BaseFinder):
    """Finds `plotly/plotly.min.js` in the package, and `plotly/layers.css` where it is extracted to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.built = Path(settings.DATA_DIR) / "build" / PREFIX

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """The script and its sheet, each with the storage that holds it."""
        self._extract()
        for name, folder in ((SCRIPT, package_data()), (SHEET, self.built)):
            storage = FileSystemStorage(location=folder)
            storage.prefix = PREFIX  # type: ignore[attr-defined]  # collectstatic reads it from any storage
            yield name, storage

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file behind a static path, for servers that do not collect static files first."""
        if path == f"{PREFIX}/{SCRIPT}":
            found = str(package_data() / SCRIPT)
        elif path == f"{PREFIX}/{SHEET}":
            found = str(self._extract())
        else:
            return []
        return [found] if find_all else found

    def _extract(self) -> Path:
        self.built.mkdir(parents=True, exist_ok=True)
        sheet = self.built / SHEET
        sheet.write_text(layer_rules((package_data() / SCRIPT).read_text("utf-8")), "utf-8")
        return sheet
