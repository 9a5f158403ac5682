"""What the command prints: its answer on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any


def show(text: str, *, aside: bool = False) -> None:
    """The answer; on standard error where standard output is another command's."""
    stream = sys.stderr if aside else sys.stdout
    print(_printable(text, stream.encoding), file=stream)


def show_json(value: Any) -> None:
    """The answer as JSON."""
    print(json.dumps(value, indent=2))


def warn(text: str, *, kind: str = "warning") -> None:
    """A word beside the answer."""
    print(_printable(f"mlscore: {kind}: {text}", sys.stderr.encoding), file=sys.stderr)


def _printable(text: str, encoding: str) -> str:
    """The text as the stream can bear it: a build agent's may know nothing beyond ASCII."""
    codec = encoding or "utf-8"
    return text.encode(codec, "replace").decode(codec)
