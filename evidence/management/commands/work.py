from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from evidence.tasks import prepare_all


class Command(BaseCommand):
    help = "Does background work where there is no Celery: looks for it every few seconds until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=2.0, metavar="SECONDS")
        parser.add_argument("--once", action="store_true", help="do what is there and end")

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stopped.set())
        while True:
            prepare_all()
            if options["once"] or stopped.wait(options["interval"]):
                return
            close_old_connections()
