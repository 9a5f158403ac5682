"""The parts of `make stack`, one process each; Procfile starts them under honcho.

The production shape on one machine: PostgreSQL, Redis, gunicorn, a Celery worker and beat, without Docker. Data lie in
DATA_DIR/stack, apart from what `make run` keeps.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools.servers import Server, start_postgresql, start_redis

BASE = Path(os.environ.get("DATA_DIR", "var")).resolve() / "stack"
POSTGRESQL_PORT = int(os.environ.get("STACK_POSTGRESQL_PORT", "5455"))
REDIS_PORT = int(os.environ.get("STACK_REDIS_PORT", "6399"))
START_SECONDS = 120


def main(part: str) -> None:
    """Run one part until a signal ends it."""
    BASE.mkdir(parents=True, exist_ok=True)
    if part == "postgresql":
        keep(start_postgresql(BASE / "postgresql", port=POSTGRESQL_PORT))
    elif part == "redis":
        keep(start_redis(BASE / "redis", port=REDIS_PORT))
    else:
        run_client(part)


def keep(server: Server) -> None:
    """Wait for the server; a signal to us ends it in good order."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.process.send_signal(signal.SIGINT))
    sys.exit(server.process.wait())


def run_client(part: str) -> None:
    """Become gunicorn, the worker or beat, once what it needs is there."""
    os.environ["DATABASE_URL"] = database_url()
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{REDIS_PORT}/0"
    os.environ["DATA_DIR"] = str(BASE)
    os.environ.setdefault("WEB_WORKERS", "2")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlscore_site.settings")
    if part == "web":
        # tools.run does for this shape what it does for the embedded one, and starts the server.
        command = [sys.executable, "-m", "tools.run", "--without-work"]
    else:
        wait_for_schema()
        command = [sys.executable, "-m", "celery", "-A", "mlscore_site", part, "--loglevel", "WARNING"]
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def database_url() -> str:
    """The database's URL, once `make stack`'s PostgreSQL has chosen its password."""
    password_file = BASE / "postgresql" / "password"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if password_file.exists() and (password := password_file.read_text(encoding="ascii")):
            url = f"postgres://mlscore:{password}@127.0.0.1:{POSTGRESQL_PORT}/mlscore"
            if answers(url):
                return url
        time.sleep(0.2)
    sys.exit("PostgreSQL did not start.")


def answers(url: str) -> bool:
    """Whether the database accepts connections."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def wait_for_schema() -> None:
    """Return when the web process has migrated the database."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        check = subprocess.run([sys.executable, "manage.py", "migrate", "--check"], capture_output=True, check=False)
        if check.returncode == 0:
            return
        time.sleep(1)
    sys.exit("The database was not migrated.")


if __name__ == "__main__":
    main(sys.argv[1])
