"""The statement that reads what a posting touches: one text for one result or a thousand, of one system or of many."""

from __future__ import annotations

from functools import lru_cache

from accounts.statements import listed, listed_on_shelves, matching, one, shifted
from evidence.locks import SAME_TOKEN
from evidence.posting import TEXTS
from rubric.evidence import PROVABLE

OF_RUN = (("slug", "text"), ("run_id", "text"), ("at", "timestamptz"))
OF_CHECK = (("test", "text"), ("name", "text"))
# So many runs after a posted run's earlier neighbour are remembered.
MOST_RUNS = 8
LEVELS = " UNION ALL ".join(f"SELECT {level.value} AS level" for level in PROVABLE)


@lru_cache
def statement(vendor: str, column: str, bound: bool, recalled: bool, single: bool, remembering: bool) -> str:
    """A union of selects of one shape: kind, system, three names, a text, three instants, a number, a text.

    `column` is that of runs' times under the credit rule. The parameters are the document of posted items, the time of
    receipt, the organisation's key and the document of slugs; where the actor is `bound` to a system, its key; and of a
    `recalled` token its key and its version, without which there is nothing to read. Of a `single` item the values
    themselves stand for both documents, which takes the database half the work. For `remembering` it answers besides what
    `evidence.remembered` wants of PostgreSQL: the spans of all tests, and the runs that may be neighbours later.
    """
    return f"""
WITH {_posted(vendor, bound, recalled, single)}{"" if single else _MET + _near(column, remembering)}
{_systems(vendor, single, remembering)}
{_facts(vendor, single)}
{_spans(vendor, single)}
{_neighbours(column, single, remembering)}"""


def _posted(vendor: str, bound: bool, recalled: bool, single: bool) -> str:
    """What is asked for: the posted items, their systems with the rules in force, and the runs that the items belong to."""
    items = (
        one(vendor, "l", **dict((*OF_RUN, *OF_CHECK))) if single else listed_on_shelves(vendor, "l", OF_RUN, OF_CHECK)
    )
    wanted = (one if single else listed)(vendor, "w", slug="text")
    kept, distinct = ("NOT MATERIALIZED", "") if single else ("MATERIALIZED", "DISTINCT")
    postgresql = vendor == "postgresql"
    # PostgreSQL's own mark of a row's version: the transaction that wrote it.
    version = "s.xmin::text" if postgresql else "''"
    at = "%s::timestamptz" if postgresql else "%s"
    conditions = " AND s.id = %s" if bound else ""
    if recalled:
        conditions += f" AND {SAME_TOKEN}"
    return f"""posted AS {kept} (SELECT * FROM {items}),
systems AS MATERIALIZED (SELECT s.id, s.slug, s.generation, s.pending_generation, s.counted_branch, s.editions, s.windows,
 s.states_until, s.states_since, o.credit, o.window_days, o.repeat_hours, {version} AS version, {at} AS received_at
 FROM accounts_organisation o JOIN assessments_system s ON s.organisation_id = o.id
 WHERE o.id = %s AND s.slug IN (SELECT w.slug FROM {wanted}){conditions}),
items AS {kept} (SELECT s.id AS system, s.generation, s.counted_branch AS branch, s.windows, s.window_days,
 s.repeat_hours, l.test, l.run_id, l.name, l.at FROM posted l JOIN systems s ON s.slug = l.slug),
runs AS {kept} (SELECT {distinct} l.system, l.test, l.run_id, l.branch,
 {shifted(vendor, "l.at", "-l.repeat_hours")} AS before, {shifted(vendor, "l.at", "l.repeat_hours")} AS after
 FROM items l)"""


# Whether there is anything of a run is asked once for each; of most there is nothing. EXISTS would leave PostgreSQL the
# choice to read all runs that there are into memory.
_MET = """,
met AS MATERIALIZED (SELECT l.system, l.run_id FROM (SELECT DISTINCT system, run_id FROM items) l
 WHERE (SELECT 1 FROM evidence_run r WHERE r.system_id = l.system AND r.run_id = l.run_id LIMIT 1) = 1
 OR (SELECT 1 FROM evidence_result r WHERE r.system_id = l.system AND r.run_id = l.run_id LIMIT 1) = 1)"""


def _systems(vendor: str, single: bool, remembering: bool) -> str:
    """Each system's rules, what its newest assessment claims, and for a `single` item what is verified at receipt."""
    array, all_of, text = _json(vendor)
    span = "o.system_id = s.id AND o.generation = s.generation AND o.starts_at <= s.received_at AND o.ends_at > s.received_at"
    # Keys of tests have no spaces.
    verified = f"(SELECT {all_of}(o.level || o.test, ' ') FROM evidence_span o WHERE {span})" if single else "NULL"
    if single and remembering:
        lasting = "o.system_id = s.id AND o.generation = s.generation AND o.ends_at > s.received_at"
        cells = "o.test, o.level, o.starts_at, o.ends_at"
        verified = f"(SELECT json_agg(json_build_array({cells}))::text FROM evidence_span o WHERE {lasting})"
    claims, editions, windows = (_stored(vendor, column) for column in ("a.claims", "s.editions", "s.windows"))
    final = "FROM assessments_assessment a WHERE a.system_id = s.id AND a.status = 'final' AND a.effective_at"
    newest = (
        f"(SELECT {array}(a.effective_at, {claims}){text} {final} <= s.received_at"
        " ORDER BY a.effective_at DESC, a.recorded_at DESC, a.id DESC LIMIT 1)"
    )
    null = "NULL::timestamptz" if vendor == "postgresql" else "NULL"
    later = f"(SELECT min(a.effective_at) {final} > s.received_at)" if remembering else null
    return (
        f"SELECT 'system', s.id, s.slug, NULL, {verified}, {array}(s.pending_generation, s.counted_branch, {editions},"
        f" {windows}, s.credit, s.window_days, s.repeat_hours, s.version, s.states_until, s.states_since){text},"
        f" {later}, {null}, {null}, s.generation, {newest}"
        " FROM systems s"
    )


def _facts(vendor: str, single: bool) -> str:
    """The checks, the results of the same identity, and the runs that there are."""
    array, _, text = _json(vendor)
    content = ", ".join(f'r."{name}"' for name in TEXTS)
    identity = "r.system_id = l.system AND r.run_id = l.run_id AND r.check_id = c.id"
    result = matching(vendor, "evidence_result", "r", identity)
    run = matching(vendor, "evidence_run", "r", "r.system_id = l.system AND r.run_id = l.run_id AND r.test = l.test")
    items, met, runs = "items", "items", "runs"
    if not single:
        of_met = "(SELECT l.* FROM met m JOIN {} l ON l.system = m.system AND l.run_id = m.run_id)"
        met, runs = of_met.format("items"), f"(SELECT DISTINCT system, test, run_id FROM {of_met.format('runs')} l)"
    name = "= l.name"
    if vendor == "postgresql" and not single:
        # All names at once take one look into the index where they lie near each other.
        of_name = "(SELECT {0}, array_agg(name) AS names FROM {1} l GROUP BY {0})"
        items, met = of_name.format("system", items), of_name.format("system, run_id", met)
        name = "= ANY (l.names)"
    named = matching(vendor, "evidence_check", "c", f"c.system_id = l.system AND c.name {name}")
    return f"""UNION ALL SELECT 'check', c.system_id, c.name, c.test, NULL, c.newest_status, c.newest_observed_at,
 c.newest_received_at, NULL, c.id, NULL FROM {items} l {named}
UNION ALL SELECT 'result', l.system, c.name, NULL, l.run_id, NULL, r.observed_at, NULL, NULL, 0,
 {array}({content}, {_stored(vendor, "r.metrics")}){text} FROM {met} l {named} {result}
UNION ALL SELECT 'run', l.system, NULL, r.test, r.run_id, r.branch, r.first_observed_at, r.first_executed_at,
 r.first_passed_at, 0, NULL FROM {runs} l {run}"""


def _spans(vendor: str, single: bool) -> str:
    """The spans around a `single` item; of several all of their systems' from the first item or from receipt on.

    These lie side by side in the index, so that one stretch of it tells what is verified as well.
    """
    own = "o.system_id = l.system AND o.generation = l.generation"
    if single:
        end = shifted(vendor, "l.at", f"24 * coalesce({_own_window(vendor)}, l.window_days)")
        # Naming the level makes the index the better way even where there are few spans.
        own += " AND o.test = l.test AND o.level = v.level AND o.starts_at <= l.ends_at AND o.ends_at >= l.at"
        around = f"(SELECT l.*, {end} AS ends_at FROM items l) l CROSS JOIN ({LEVELS}) AS v"
    else:
        own += " AND (o.ends_at > l.received_at OR o.ends_at >= l.at)"
        around = (
            "(SELECT s.id AS system, s.generation, s.received_at,"
            " (SELECT min(i.at) FROM items i WHERE i.system = s.id) AS at FROM systems s) l"
        )
    return f"""UNION ALL SELECT 'span', l.system, NULL, o.test, NULL, o.level || '', o.starts_at, o.ends_at, NULL, o.id, NULL
 FROM {around} {matching(vendor, "evidence_span", "o", own)}"""


def _neighbours(column: str, single: bool, remembering: bool) -> str:
    """Of each posted run the nearest others before and after it, at least as far away as runs must be to be repeated.

    For `remembering` with the first runs after the earlier one.
    """
    if not single:
        some = "" if remembering else " WHERE n.earlier IS NOT NULL OR n.later IS NOT NULL"
        return f"""UNION ALL SELECT 'neighbour', n.system, NULL, n.test, NULL, NULL, n.earlier, n.later, NULL, 0, n.since
 FROM near n{some}"""
    return f"""UNION ALL SELECT 'neighbour', l.system, NULL, l.test, NULL, NULL, {_neighbour(column, "<= l.before", "DESC")},
 {_neighbour(column, ">= l.after", "ASC")}, NULL, 0, {_since(column, remembering)} FROM runs l"""


def _near(column: str, remembering: bool) -> str:
    """The neighbours of many runs."""
    return f""",
near AS MATERIALIZED (SELECT l.system, l.test, {_neighbour(column, "<= l.before", "DESC")} AS earlier,
 {_neighbour(column, ">= l.after", "ASC")} AS later, {_since(column, remembering)} AS since FROM runs l)"""


def _since(column: str, remembering: bool) -> str:
    """The first runs after the earlier neighbour, as a JSON array."""
    if not remembering:
        return "NULL"
    runs = _runs_beyond(column, "> l.before", "ASC", MOST_RUNS + 1)
    return f"(SELECT json_agg(r.{column})::text FROM {runs} AS r)"


def _neighbour(column: str, bound: str, order: str) -> str:
    """The nearest other run on one side."""
    return _runs_beyond(column, bound, order, 1)


def _runs_beyond(column: str, bound: str, order: str, most: int) -> str:
    """The instants of the nearest other runs on one side."""
    timed = (
        "(r.branch = l.branch OR l.branch IS NULL AND (r.several_branches = false OR NOT EXISTS (SELECT 1"
        " FROM evidence_run o WHERE o.system_id = r.system_id AND o.test = r.test AND o.run_id = r.run_id"
        f" AND o.{column} < r.{column})))"
    )
    return (
        f"(SELECT r.{column} FROM evidence_run r WHERE r.system_id = l.system AND r.test = l.test"
        f" AND r.{column} {bound} AND r.run_id <> l.run_id AND {timed} ORDER BY r.{column} {order} LIMIT {most})"
    )


def _own_window(vendor: str) -> str:
    """The window of a test, in days, that its system sets; null where it sets none."""
    if vendor == "postgresql":
        return "(l.windows ->> l.test)::bigint"
    return "(SELECT w.value FROM json_each(l.windows) w WHERE w.key = l.test)"


def _json(vendor: str) -> tuple[str, str, str]:
    """How to make a JSON array of some values, and a text of many rows' texts; and what makes a text of the array."""
    return (
        ("json_build_array", "string_agg", "::text") if vendor == "postgresql" else ("json_array", "group_concat", "")
    )


def _stored(vendor: str, column: str) -> str:
    """A column of JSON as a part of an array."""
    return column if vendor == "postgresql" else f"json({column})"
