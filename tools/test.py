"""`make test`: the suite in the embedded shape, then in the production shape; arguments go to pytest."""

import os
import subprocess
import sys

from tools import chromium

# The pure core, the readers of reports, the client, the browser, the pages of documentation and how settings are read
# know nothing of the database, and `make run` has SQLite alone: once is enough.
ANYWHERE = (
    *("tests/rubric", "tests/evidence/formats", "tests/client", "tests/docs"),
    *("tests/wiring/test_run.py", "tests/wiring/test_settings.py"),
)
SHAPES = {
    "sqlite": [],
    "postgresql": ["-m", "not browser", *(f"--ignore={path}" for path in ANYWHERE)],
}


def main(arguments: list[str]) -> int:
    """Run both, whatever the first says; 0 when both passed."""
    chromium.install()
    # What one process compiles, with pytest's assertions, the others load: workers, and the servers that tests start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    statuses = []
    for database, options in SHAPES.items():
        print(f"\n== The suite on {database}", flush=True)  # noqa: T201
        # Files go out in the order of collection (tests/conftest.py), not those of most tests first.
        spread = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
        command = [sys.executable, "-m", "pytest", "-q", *spread, *options, *arguments]
        statuses.append(subprocess.run(command, env={**environment, "TEST_DATABASE": database}, check=False).returncode)
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
