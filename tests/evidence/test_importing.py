"""A report that is imported again says the same, whatever the clock says meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.actors import Actor
from accounts.models import Organisation
from evidence.formats import read
from evidence.importing import Imported, RunOfReport, import_report
from evidence.models import Result
from evidence.posting import PostingConflict
from tests.factories import DAY, HOUR, make_system

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_time_that_lay_in_the_future_is_left_out_once_it_has_passed_too(organisation: Organisation) -> None:
    system = make_system(organisation, AT - DAY)

    def imported(text: str, received_at: datetime) -> Imported:
        run, report = RunOfReport("1"), read("junit", text.encode())
        return import_report(actor=Actor(organisation), system=system, report=report, run=run, received_at=received_at)

    key = '<properties><property name="mlscore" value="data-1"/></properties>'
    text = f'<testsuite timestamp="2026-11-20T13:00:00Z"><testcase name="n">{key}</testcase></testsuite>'
    assert imported(text, AT).outcome.accepted == 1
    assert imported(text, AT + 2 * HOUR).outcome.duplicates == 1
    assert [result.observed_at for result in Result.objects.all()] == [AT]
    with pytest.raises(PostingConflict):
        imported(text.replace("T13", "T11"), AT + 2 * HOUR)
