from __future__ import annotations

import math
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from evidence.tasks import prepare_all, remove_for
from notify.tasks import deliver_for, sweep_all
from scores.keeping import keep_for
from scores.tasks import TURN

HOUR = 3600.0
QUARTER = 900.0


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
        removal_due = sweep_due = 0.0
        while True:
            prepare_all()
            keep_for(math.inf if options["once"] else TURN)
            if time.monotonic() >= sweep_due:
                sweep_all()
                sweep_due = time.monotonic() + QUARTER
            deliver_for(math.inf if options["once"] else HOUR)
            if time.monotonic() >= removal_due and remove_for(math.inf if options["once"] else options["interval"]):
                removal_due = time.monotonic() + HOUR
            if options["once"] or stopped.wait(options["interval"]):
                return
            close_old_connections()
