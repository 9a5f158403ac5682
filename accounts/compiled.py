"""Queries of Django's that are compiled once a process: compiling takes it longer than the database takes to answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from accounts.statements import Row, fetch, to_sql

P = ParamSpec("P")
Found = TypeVar("Found")

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
STAND_INS: dict[str, Callable[[int], Any]] = {
    "int": lambda number: -1_000_000 - number,
    "str": lambda number: f"stands for parameter {number}",
    "datetime": lambda number: _FIRST + timedelta(microseconds=number),
}
"""What a query is compiled with in place of its n-th value, by the value's type: nothing that a query says of itself."""

related_populators: Callable[..., Sequence[Any]] = get_related_populators
"""What fills in models that a row holds besides its own."""


def compiled(build: Callable[P, QuerySet[Any, Found]]) -> Callable[P, list[Found]]:
    """A function that answers what the query that `build` makes of the same arguments finds: models, or rows of values.

    Positional arguments, `*several` of a kind among them, are values of the query: whole numbers, texts and aware instants,
    none of them null, annotated as `int`, `str` or `datetime`. They must not decide what `build` does. Keyword-only ones
    do, and so does the number of values: each choice of them has its own text.
    """
    parameters = inspect.signature(build).parameters.values()
    kinds = [str(each.annotation) for each in parameters if each.kind is not each.KEYWORD_ONLY]

    @lru_cache(maxsize=64)
    def statement(count: int, **shape: Hashable) -> _Statement:
        own = [*kinds, *kinds[-1:] * (count - len(kinds))]
        stand_ins = [STAND_INS[kind](number) for number, kind in enumerate(own[:count])]
        return _Statement(cast(Callable[..., QuerySet[Any]], build)(*stand_ins, **shape), stand_ins)

    @wraps(build)
    def ask(*values: P.args, **shape: P.kwargs) -> list[Found]:
        return statement(len(values), **cast(dict[str, Hashable], shape)).ask(values)

    return ask


class _Statement:
    """The text of a query, where its values stand, and how its rows become what the query finds."""

    def __init__(self, query: QuerySet[Any], stand_ins: Sequence[Any]) -> None:
        compiler = query.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, parameters = compiler.as_sql()
        known = [_as_parameter(each) for each in stand_ins]
        self.parameters = [(known.index(each) if each in known else None, each) for each in parameters]
        if {*range(len(known))} > {place for place, _ in self.parameters}:
            raise ValueError(f"Some value is not in the text: {self.sql}")
        select = compiler.select or []
        self.converters = list(compiler.get_converters([column for column, *_ in select]).items())
        info = compiler.klass_info if query.query.default_cols else None
        self.model: type[Model] | None = None
        if info is not None:
            self.model = info["model"]
            self.columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
            self.names = [column.target.attname for column, *_ in select[self.columns]]
            self.related = related_populators(info, select, DEFAULT_DB_ALIAS)
            self.annotations = list((compiler.annotation_col_map or {}).items())

    def ask(self, values: Sequence[Any]) -> list[Any]:
        """What it finds with these values, in one statement."""
        given = [
            constant if place is None else _as_parameter(values[place], constant) for place, constant in self.parameters
        ]
        rows = fetch(self.sql, given)
        if self.converters:
            rows = [self._converted(row) for row in rows]
        return rows if self.model is None else [self._model(self.model, row) for row in rows]

    def _converted(self, row: Row) -> Row:
        connection, columns = connections[DEFAULT_DB_ALIAS], list(row)
        for place, (converters, expression) in self.converters:
            for converter in converters:
                columns[place] = converter(columns[place], expression, connection)
        return tuple(columns)

    def _model(self, model: type[Model], row: Row) -> Model:
        found = model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
        for each in self.related:
            each.populate(row, found)
        for name, place in self.annotations:
            setattr(found, name, row[place])
        return found


def _as_parameter(value: Any, like: Any = None) -> Any:
    """A value as the database's adapter takes it; whole numbers of the same size as the stand-in's, so that plans are few."""
    if isinstance(value, datetime):
        return to_sql(value)
    return type(like)(value) if isinstance(like, int) else value
