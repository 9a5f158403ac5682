"""What this server's processes remember together: the systems that were posted to last, by organisation and slug.

A memory-mapped file (LMDB) in a directory of the server's own, which gunicorn makes empty as it starts. It is never more than
a memory: whatever is missing or outdated is read from the database.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock

import lmdb
from django.conf import settings

from evidence.batch import Plan
from evidence.remembered import Remembered, learned
from rubric.levels import Level

BYTES = 32 << 20
# LMDB takes it amiss if a process opens a file again that it has open.
_opening = Lock()


def recall(organisation_id: int, slug: str) -> Remembered | None:
    """What is remembered of a system, as an object of the caller's own."""
    if not settings.POSTINGS_MEMORY:
        return None
    with _environment().begin() as transaction:
        known = transaction.get(_key(organisation_id, slug))
        return None if known is None else Remembered.of(known)


def keep(organisation_id: int, slug: str, remembered: Remembered) -> None:
    """Remember this of a system, instead of what was remembered. A full memory forgets everything else."""
    environment = _environment()
    key, value = _key(organisation_id, slug), remembered.sealed()
    try:
        with environment.begin(write=True) as transaction:
            transaction.put(key, value)
    except lmdb.MapFullError:
        # A process that was killed while it read keeps what it read from being cleared away.
        environment.reader_check()
        with environment.begin(write=True) as transaction:
            transaction.drop(environment.open_db(txn=transaction), delete=False)


def learn(plan: Plan, version: str, verified: Mapping[str, Level]) -> None:
    """Remember a system of which a plan was stored that was made from what was read for remembering."""
    system = plan.batch.system
    known = recall(system.organisation_id, system.slug)
    keep(system.organisation_id, system.slug, learned(plan, known, version, verified))


def _key(organisation_id: int, slug: str) -> bytes:
    return f"{organisation_id}/{slug}".encode()


def _environment() -> lmdb.Environment:
    """The file, whichever thread asks first."""
    with _opening:
        return _opened(os.getpid(), settings.POSTINGS_MEMORY)


@lru_cache(maxsize=1)
def _opened(process: int, directory: str) -> lmdb.Environment:
    """The file, opened once by each process: LMDB's environments must not be carried over a fork."""
    # Nothing is lost with the machine that would be worth waiting for the disk.
    return lmdb.open(directory, map_size=BYTES, sync=False, metasync=False, writemap=True, max_readers=512)
