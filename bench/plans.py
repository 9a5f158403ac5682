"""How PostgreSQL carries out the statements that a request really issues: captured as they pass, explained, undone, run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
LARGE = frozenset({"evidence_result", "evidence_run", "evidence_span", "evidence_check"})
# As large with a long history as with a short one, as long as no more checks report.
OF_FIXED_SIZE = frozenset({"evidence_check"})


@dataclass(frozen=True)
class Explained:
    """One statement: the shape of its plan, and how many buffers it touched. `scanned` are large tables read whole.

    Each of its `searches` goes down an index of a growing table from the top: further, where the index is deeper.
    """

    sql: str
    shape: str
    buffers: int
    searches: int
    scanned: frozenset[str]


@dataclass
class Plans:
    """The statements of a request, in their order."""

    statements: list[Explained] = field(default_factory=list)

    @property
    def buffers(self) -> int:
        return sum(statement.buffers for statement in self.statements)

    @property
    def searches(self) -> int:
        return sum(statement.searches for statement in self.statements)

    @property
    def scanned(self) -> set[str]:
        return {table for statement in self.statements for table in statement.scanned}

    @property
    def shapes(self) -> list[str]:
        """The plans of the statements that read or write large tables; how small ones are read is of no matter."""
        return [each.shape for each in self.statements if any(table in each.sql for table in LARGE)]


@contextmanager
def explained() -> Iterator[Plans]:
    """The plans of all statements that this thread executes inside, on PostgreSQL."""
    plans = Plans()

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip("(\n ").startswith(EXPLAINED) and not many:
            plans.statements.append(_explain(sql, params))
        return execute(sql, params, many, context)

    # A connection of its own: what a used one keeps of tables, such as where they have room, would be counted as well.
    connection.close()
    with connection.execute_wrapper(explain):
        yield plans
    connection.close()


class _Undone(Exception):
    """Takes what EXPLAIN ANALYZE wrote out again."""


def _explain(sql: str, params: Any) -> Explained:
    wrappers, connection.execute_wrappers[:] = list(connection.execute_wrappers), []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(EXPLAIN + sql, params)
            found = cursor.fetchone()[0]
            raise _Undone
    except _Undone:
        connection.execute_wrappers[:] = wrappers
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    nodes = list(_nodes(plan))
    return Explained(
        sql=sql,
        shape=" > ".join(_named(node) for node in nodes),
        buffers=_buffers(plan, nodes),
        searches=sum(node.get("Index Searches", 0) for node in nodes if _of_growing(node)),
        scanned=frozenset(node["Relation Name"] for node in nodes if node["Node Type"].endswith("Seq Scan")) & LARGE,
    )


def _buffers(plan: dict[str, Any], nodes: Sequence[dict[str, Any]]) -> int:
    """How many buffers a statement touched. Its whole doesn't count parts that write: they run once it has answered."""
    writing = sum(_touched(node) for node in nodes if node["Node Type"] == "ModifyTable")
    return max(_touched(plan), writing)


def _touched(node: dict[str, Any]) -> int:
    touched: int = node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)
    return touched


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _named(node: dict[str, Any]) -> str:
    return " ".join(str(node[key]) for key in ("Node Type", "Index Name", "Relation Name") if key in node)


def _of_growing(node: dict[str, Any]) -> bool:
    """Whether a node reads a table that grows with the history; those for a bitmap don't say what they read."""
    return node.get("Relation Name") in {None, *LARGE - OF_FIXED_SIZE}
