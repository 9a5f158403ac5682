"""A database that holds something already takes the newest change of a table that triggers and other tables refer to."""

import pytest
from django.core.management import call_command

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from assessments.systems import create_system
from evidence.models import Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from scores.keeping import keep
from tests.rubric.reading import EPOCH


@pytest.mark.django_db(transaction=True)
def test_systems_with_results_and_kept_states_take_their_stamps_and_their_first_run():
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    system = create_system(actor=actor, at=EPOCH, name="Scorer", slug="scorer")
    result = PostedResult(system="scorer", test="data-1", check="data-1", run_id="first", status="passed")
    record_results(actor=actor, results=[result], received_at=EPOCH)
    keep(system.pk)
    create_system(actor=actor, at=EPOCH, name="Without results", slug="without")
    try:
        call_command("migrate", "assessments", "0014", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert System.objects.get(slug="scorer").states_stamp > 0
    assert dict(System.objects.values_list("slug", "first_run_at")) == {"scorer": EPOCH, "without": None}
    assert Result.objects.count() == 1
