"""Lists, a page at a time: a cursor holds where the page before ended, signed, so that none can be made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from api.queries import Query

PAGE = 100
Row = TypeVar("Row", bound=Model)


def paged(
    request: HttpRequest,
    rows: QuerySet[Row],
    order: tuple[str, ...],
    show: Callable[[Row], dict[str, Any]],
    *,
    key: str,
) -> dict[str, Any]:
    """One page of `rows` as the list that the contract names.

    `order` names fields, with a minus where they descend; the last must be unique. `key` tells apart the cursors of
    different lists. Raises Problem (400) for a cursor that this list did not hand out.
    """
    salt = f"api.cursor.{key}"
    query = Query(request)
    after = query.converted("cursor", lambda text: _read_cursor(text, salt))
    query.check()
    if after is not None:
        rows = rows.filter(_beyond(order, after))
    found = list(rows.order_by(*order)[: PAGE + 1])
    shown = found[:PAGE]
    following = None
    if len(found) > PAGE:
        values = [getattr(shown[-1], field.lstrip("-")) for field in order]
        following = _address(request, signing.dumps([_plain(value) for value in values], salt=salt))
    return {"next": following, "results": [show(row) for row in shown]}


def whole_list(items: list[dict[str, Any]]) -> dict[str, Any]:
    """A list that fits on one page always."""
    return {"next": None, "results": items}


def _beyond(order: tuple[str, ...], after: list[Any]) -> Q:
    """The rows that follow the one with these values."""
    beyond = Q()
    same = Q()
    for field, value in zip(order, after, strict=True):
        name = field.lstrip("-")
        step = Q(**{f"{name}__lt" if field.startswith("-") else f"{name}__gt": value})
        beyond |= same & step
        same &= Q(**{name: value})
    first = order[0].lstrip("-")
    # Implied by the rest; lets the database start in the index.
    return Q(**{f"{first}__lte" if order[0].startswith("-") else f"{first}__gte": after[0]}) & beyond


def _read_cursor(text: str, salt: str) -> list[Any]:
    try:
        values: list[Any] = signing.loads(text, salt=salt)
    except signing.BadSignature as error:
        raise ValueError("Not a cursor of this list; take it from `next`.") from error
    return values


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _address(request: HttpRequest, cursor: str) -> str:
    others = [(name, value) for name, values in request.GET.lists() for value in values if name != "cursor"]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*others, ('cursor', cursor)])}")
