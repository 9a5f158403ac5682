"""Results from pandera: a schema's verdict on a data frame."""

from __future__ import annotations

from typing import Any

from mlscore_client.results import Result

MOST_NAMED = 20
CRASHED = "CHECK_ERROR"
"""How pandera names that a check raised something of its own."""


def result_of_validation(schema: Any, data: Any, *, test: str, check: str | None = None, **values: Any) -> Result:
    """Validate `data` by a pandera schema or model, and make a result for `test` of what comes of it.

    All checks are run (`lazy`). A schema that is broken by the data fails; anything else that goes wrong is an error. The
    message names columns and checks, never values: data stays where it is.
    """
    try:
        schema.validate(data, lazy=True)
    except Exception as error:  # noqa: BLE001 - a crash of the check is what the result reports
        return result_of_error(error, test=test, check=check, **values)
    return result_of_error(None, test=test, check=check, **values)


def result_of_error(error: BaseException | None, *, test: str, check: str | None = None, **values: Any) -> Result:
    """What a caught `SchemaErrors` or `SchemaError` of pandera shows, None for a validation that raised nothing."""
    if error is None:
        status, message, cases = "passed", "the schema holds", 0
    elif type(error).__name__ in ("SchemaErrors", "SchemaError"):
        names, cases = broken(error)
        status, message = ("error" if crashed(error) else "failed"), "; ".join(names)
    else:
        status, message, cases = "error", f"the validation crashed: {type(error).__name__}", 0
    metrics = {} if status == "error" else {"failure_cases": cases}
    defaults: dict[str, Any] = {"message": message, "metrics": metrics}
    return Result(test=test, status=status, check=check, **{**defaults, **values})


def crashed(error: BaseException) -> bool:
    """Whether all that went wrong is checks that raised something of their own: they judged nothing."""
    reasons = [getattr(each, "reason_code", None) for each in getattr(error, "schema_errors", None) or [error]]
    return all(getattr(reason, "name", None) == CRASHED for reason in reasons)


def broken(error: BaseException) -> tuple[list[str], int]:
    """The columns with the checks they break, and how many cases there are."""
    cases: Any = getattr(error, "failure_cases", None)
    if hasattr(cases, "to_dict") and hasattr(cases, "columns"):
        rows = cases.to_dict("records") if type(cases).__module__.startswith("pandas") else cases.to_dicts()
    else:
        rows = [{}]
    found: dict[str, int] = {}
    for row in rows:
        # A single error says of itself which check it is, several say so case by case.
        # A column that is not there is none of the frame's: pandas says NaN for it.
        named = row.get("column")
        column = "" if named is None or named != named else str(named)
        column = column or getattr(getattr(error, "schema", None), "name", None) or "the frame"
        single = getattr(error, "check", None)
        name = f"{column}: {row.get('check') or getattr(single, 'error', None) or single or 'broken'}"
        found[name] = found.get(name, 0) + 1
    names = [f"{name} ({count})" for name, count in found.items()]
    more = len(names) - MOST_NAMED
    return (names if more <= 0 else [*names[:MOST_NAMED], f"and {more} more"]), len(rows)
