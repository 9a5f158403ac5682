"""Report files on disk: which ones patterns mean, and the request that imports one."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlscore_client.errors import Misconfigured
from mlscore_client.requests import Request, multipart

AUTO = "auto"
LARGEST = 10 * 1024 * 1024
DBT_FILES = ("run_results.json", "sources.json", "freshness.json")
MANIFEST = "manifest.json"
# Tests, and sources, whose freshness is one.
_CHECKS = ("test.", "unit_test.", "source.")
_OF_A_CHECK = ("unique_id", "name", "resource_type", "tags", "meta", "config", "test_metadata", "column_name")


def files_of(patterns: Iterable[str]) -> tuple[list[Path], list[str]]:
    """The files that these paths and globs (`**` too) name, each once, and those of the patterns that name none."""
    found: dict[Path, None] = {}
    vain = []
    for pattern in patterns:
        # A file may bear brackets in its name: what exists is no pattern.
        names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
        files = [Path(name) for name in names if Path(name).is_file()]
        if not files:
            vain.append(pattern)
        found.update(dict.fromkeys(files))
    return list(found), vain


def import_of(
    path: Path, *, format_name: str, parameters: Mapping[str, str | None], manifest: Path | None = None
) -> Request:
    """The request that imports a report; dbt's manifest.json goes with it when it is named or lies beside it.

    Raises Misconfigured when a file cannot be read, or is larger than a server takes.
    """
    beside = manifest or manifest_beside(path, format_name)
    body, content_type = _read(path), _content_type(path)
    if beside is not None:
        files = {"report": (path.name, body), "manifest": (MANIFEST, slimmed(_read(beside)))}
        body, content_type = multipart(files)
    if len(body) > LARGEST:
        raise Misconfigured(f"larger than the {LARGEST >> 20} MiB that an import may have")
    query = {name: value for name, value in parameters.items() if value}
    return Request(
        "POST",
        "/api/v1/imports/",
        {"format": format_name, **query},
        body,
        content_type,
        stamped=False,
        label=str(path),
    )


def manifest_beside(path: Path, format_name: str) -> Path | None:
    """The manifest.json in the directory of dbt's results, if there is one."""
    of_dbt = format_name == "dbt" or (format_name == AUTO and path.name.endswith(DBT_FILES))
    beside = path.with_name(MANIFEST)
    return beside if of_dbt and beside.is_file() else None


def slimmed(manifest: bytes) -> bytes:
    """What a manifest says of its checks: a whole one holds all SQL of a project, and soon outgrows what a server takes.

    What is no manifest is returned as it is, for the server to judge.
    """
    try:
        document = json.loads(manifest)
        kept: dict[str, Any] = {"metadata": document.get("metadata", {})}
        for part in ("nodes", "unit_tests", "sources"):
            if part in document:
                kept[part] = {name: _slim(node) for name, node in document[part].items() if name.startswith(_CHECKS)}
    except (ValueError, AttributeError, RecursionError):
        return manifest
    return json.dumps(kept, separators=(",", ":")).encode()


def _slim(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: node[name] for name in _OF_A_CHECK if name in node}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror or error}") from error


def _content_type(path: Path) -> str:
    return {".xml": "application/xml", ".json": "application/json"}.get(path.suffix.lower(), "application/octet-stream")
