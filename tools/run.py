"""`make run`: MLScore on this machine, from nothing to a page in the browser; ends all that it started when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from io import StringIO
from pathlib import Path
from types import FrameType
from urllib.error import URLError

GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "python:mlscore_site.gunicorn", "mlscore_site.wsgi"]
WORK = [sys.executable, "manage.py", "work"]
STOP_SECONDS = 15


class Stopped(Exception):
    """Somebody asked us to end."""


def main() -> int:
    """Prepare the data, run the server and the background work until one of them ends or a signal comes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlscore_site.settings")
    # A line for each request would bury what the newcomer is to read.
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        bind, port = os.environ.get("BIND", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
        require_free(bind, port)
        sign_in = prepare()
        # A session of its own for each: Ctrl-C reaches us alone, and we end them in good order.
        children.append(subprocess.Popen(GUNICORN, start_new_session=True))
        if "--without-work" not in sys.argv:
            children.append(subprocess.Popen(WORK, start_new_session=True))
        wait_until_up(port, children)
        say(f"\nMLScore is at http://127.0.0.1:{port}\n{sign_in}\nCtrl-C ends it.\n")
        return supervise(children)
    except Stopped:
        say("Stopping ...")
        return 0
    finally:
        end(children)


def stop(number: int, frame: FrameType | None) -> None:
    """The handler of the signals that end us; later ones are ignored, so that the ending is not cut short."""
    for again in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    raise Stopped


def say(text: str) -> None:
    """Tell the person at the console."""
    print(text, flush=True)  # noqa: T201


def require_free(bind: str, port: int) -> None:
    """Exit with a sentence when something listens on the port."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            sys.exit(f"Port {port} of {bind} cannot be used ({error.strerror}). Another one: make run PORT=8001")


def prepare() -> str:
    """Bring database, static files and demo up to date; return how to sign in, as told to the person at the console."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import CommandError, call_command
    from django.utils import timezone

    from accounts import first_visit

    call_command("migrate", verbosity=0, interactive=False)
    if not Path(settings.STATIC_ROOT).exists():
        say("Compressing static files ...")
    call_command("collectstatic", verbosity=0, interactive=False)
    if os.environ.get("DEMO", "1") != "0":
        if first_visit.is_open():
            say("Recording the demo: 12 systems, 18 months ...")
        output = StringIO()
        try:
            call_command("seed_demo", stdout=output)
        except CommandError:
            return "Sign in with your account: what is there is not the demo, and stays as it is."
        return output.getvalue().strip()
    code = first_visit.issue_setup_code(at=timezone.now())
    if code:
        return f"The first visit sets it up, with this one-time code: {code}"
    return "Sign in with your account."


def wait_until_up(port: int, children: list[subprocess.Popen[bytes]]) -> None:
    """Return when the server answers; exit when it ends instead, or does not answer within a minute."""
    address = os.environ.get("BIND", "127.0.0.1")
    host = "127.0.0.1" if address == "0.0.0.0" else address  # noqa: S104 - compared, not bound
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(child.poll() is None for child in children):
        try:
            request = urllib.request.Request(f"http://{host}:{port}/healthz", headers={"Host": "localhost"})
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.1)
    sys.exit("The server did not start; its messages are above.")


def supervise(children: list[subprocess.Popen[bytes]]) -> int:
    """Wait until any child ends, which none should; its exit status, or 1 for a clean one."""
    while True:
        for child in children:
            status = child.poll()
            if status is not None:
                say(f"{child.args!r} ended with status {status}.")
                return status or 1
        time.sleep(0.3)


def end(children: list[subprocess.Popen[bytes]]) -> None:
    """End every child and whatever it started: politely first, then for good."""
    for child in children:
        signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            signal_group(child, signal.SIGKILL)
            child.wait()


def signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a child's whole session."""
    if child.poll() is None:
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main())
