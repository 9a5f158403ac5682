"""What this server's processes remember together: the systems that were posted to last, by organisation and slug.

A memory-mapped file (LMDB) in a directory of the server's own, which gunicorn makes empty as it starts. It is never more than
a memory: whatever is missing or outdated is read from the database.
"""

from __future__ import annotations

import os
from functools import lru_cache
from threading import Lock

import lmdb
import structlog
from django.conf import settings

from evidence.batch import Plan
from evidence.learning import learned
from evidence.remembered import Remembered
from rubric.levels import Level

BYTES = 32 << 20
# LMDB takes it amiss if a process opens a file again that it has open.
_opening = Lock()
logger = structlog.get_logger("mlscore.memory")


def recall(organisation_id: int, slug: str) -> Remembered | None:
    """What is remembered of a system, as an object of the caller's own."""
    if not settings.POSTINGS_MEMORY:
        return None
    try:
        with _environment().begin() as transaction:
            known = transaction.get(_key(organisation_id, slug))
    except lmdb.Error as error:
        _report(error)
        return None
    return None if known is None else Remembered.of(known)


def keep(organisation_id: int, slug: str, remembered: Remembered) -> None:
    """Remember this of a system, instead of what was remembered. A full memory forgets everything else."""
    try:
        _put(_environment(), _key(organisation_id, slug), remembered.sealed())
    except lmdb.Error as error:
        _report(error)


def _put(environment: lmdb.Environment, key: bytes, value: bytes) -> None:
    try:
        with environment.begin(write=True) as transaction:
            transaction.put(key, value)
    except lmdb.MapFullError:
        # A process that was killed while it read keeps what it read from being cleared away.
        environment.reader_check()
        with environment.begin(write=True) as transaction:
            transaction.drop(environment.open_db(txn=transaction), delete=False)


def _report(error: Exception) -> None:
    """What is remembered is never needed: the posting goes on, and whoever runs the server reads why it takes longer."""
    logger.warning("What was posted cannot be remembered; postings read it", error=str(error))


def learn(plan: Plan, version: str, verified: dict[str, Level]) -> None:
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
