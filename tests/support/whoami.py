"""A WSGI application that tells which process answers, in which others get all the time they need to take a connection."""

import os
from collections.abc import Callable, Iterable

from mlscore_site import workers

workers.HEAD_START = 0.5


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
