"""`python -m bench [--posts | --profile]`: figures as a page of Markdown, or where the time of a posting goes.

Bounded: at most MOST requests and SECONDS seconds in each of 6 * ROUNDS stretches; the loopback interface alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bench import planning, report, servers

if TYPE_CHECKING:
    from bench.data import Made

ROUNDS = 9
SECONDS = 1.5
MOST = 4000
CONNECTIONS = 8
PAGE_WARM_UP = 5
PAGE_TIMES = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--posts", action="store_true", help="postings alone, over a small database")
    parser.add_argument("--profile", action="store_true", help="profile postings inside one process instead")
    parser.add_argument(
        "part",
        nargs="?",
        choices=["growth", "plan", "rules", "export", "dashboards", "votes"],
        help="measure that alone; without it, all but these",
    )
    parser.add_argument("--small", type=int, default=10_000, metavar="RESULTS", help="of growth: few results")
    parser.add_argument("--large", type=int, default=5_000_000, metavar="RESULTS", help="of growth: many results")
    parser.add_argument("--runs", type=int, default=1_000_000, help="of rules: how many runs a change concerns")
    parser.add_argument("--results", type=int, default=1_000_000, help="of export: how many results")
    parser.add_argument("--systems", type=int, default=1000, help="of dashboards: systems of the larger organisation")
    parser.add_argument("--no-browser", action="store_true", help="of dashboards: leave out Chromium")
    arguments = parser.parse_args()
    load = report.load_average()
    if arguments.part == "plan":
        planning.main()
        return
    with servers.databases() as directory:
        import django

        django.setup()
        from bench import dashboards, data, exporting, growth, profiling, rules, votes

        if arguments.part == "growth":
            growth.main(arguments)
            return
        if arguments.part == "dashboards":
            dashboards.main(arguments, lambda: servers.web(directory))
            return
        if arguments.part == "rules":
            rules.main(arguments, directory, client)
            return
        if arguments.part == "export":
            exporting.main(arguments, directory)
            return
        if arguments.part == "votes":
            votes.main(directory)
            return
        began = datetime.now(UTC)
        short = arguments.profile or arguments.posts
        made = data.make(began, data.SIZES[:1] if short else data.SIZES)
        report.say(f"Made {made.counts} in {(datetime.now(UTC) - began).total_seconds():.0f} s.")
        if arguments.profile:
            profiling.profile(made)
            return
        with servers.web(directory) as stack:
            posts = measure_posts(stack, made)
            pages = [] if arguments.posts else measure_pages(stack, made)
        report.write(
            machine=report.machine(load),
            setting=f"{made.counts}; {servers.WORKERS} workers of 8 threads, {CONNECTIONS} connections",
            posts=posts,
            pages=pages,
        )


def client(**task: Any) -> dict[str, Any]:
    """Run one task in a client process."""
    command = [sys.executable, "-m", "bench.client"]
    run = subprocess.run(
        command, cwd=servers.ROOT, input=json.dumps(task), stdout=subprocess.PIPE, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def measure_posts(stack: servers.Stack, made: Made) -> list[report.Posts]:
    """All kinds of posting, each between stretches of what it is compared with, again and again."""
    from bench.bodies import batch, single, thousand

    slugs = made.slugs["bench-12"]
    kinds = {
        "1 result": [single(slugs, number) for number in range(len(slugs) * 7)],
        "28 results": [batch(slug) for slug in slugs],
        "1,000 results": [thousand(slug) for slug in slugs],
    }
    token = {"Authorization": f"Bearer {made.secret}"}
    figures = {kind: report.Posts(kind) for kind in kinds}
    for stretch in range(-1, ROUNDS):
        for kind, bodies in kinds.items():
            common = {
                "kind": "load",
                "connections": CONNECTIONS,
                "seconds": SECONDS if stretch >= 0 else 1,
                "most": MOST,
            }
            if kind == "1,000 results":
                bare = client(**{**common, "kind": "rows"}, url=os.environ["DATABASE_URL"])
            else:
                bare = client(port=stack.bare, path="/", headers={}, bodies=kinds["1 result"], **common)
            bodies = [body.replace("@stretch@", str(stretch)) for body in bodies]
            full = client(port=stack.mlscore, path="/api/v1/results/", headers=token, bodies=bodies, **common)
            if stretch >= 0:  # the first one warms up
                figures[kind].add(bare, full)
    return list(figures.values())


def measure_pages(stack: servers.Stack, made: Made) -> list[report.Page]:
    """The organisation's page and a system's page, of the small and of the large organisation."""
    pages = []
    for organisation, slugs in made.slugs.items():
        for name, path in (
            ("organisation", f"/o/{organisation}/"),
            ("system", f"/o/{organisation}/systems/{slugs[0]}/"),
        ):
            read = client(
                kind="pages",
                port=stack.mlscore,
                path=path,
                cookie=made.cookie,
                warm_up=PAGE_WARM_UP,
                times=PAGE_TIMES,
            )
            pages.append(
                report.Page(
                    name=name,
                    systems=len(slugs),
                    median=statistics.median(read["ms"]),
                    high=read["ms"][int(len(read["ms"]) * 0.95)],
                    raw=read["raw"],
                    compressed=read["compressed"],
                )
            )
    return pages


if __name__ == "__main__":
    main()
