"""The editors of mapping rules, as plain forms, and what the system's page says of names that nothing maps."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.actors import Actor
from accounts.models import Membership, Organisation, Role
from assessments.models import System
from evidence.formats import read
from evidence.importing import RunOfReport, import_report
from evidence.mapping import Rule
from evidence.mapping_rules import organisation_rules, replace_rules, system_rules
from tests.factories import make_member, make_organisation, make_system

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, tzinfo=UTC)
REPORT = b"""<testsuite><testcase classname="tests.features" name="range"/><testcase classname="tests.ui" name="a&lt;b"/>
</testsuite>"""
RULES = [Rule("tests.features.*", "data-1", "junit"), Rule('odd "\\" \x7f é*', "model-6")]
PAGE = "/o/meridian/systems/fraud/mapping/"


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


@pytest.fixture
def system(organisation: Organisation) -> System:
    system = make_system(organisation, NOW, slug="fraud")
    actor = Actor(organisation)
    replace_rules(actor=actor, system=system, rules=RULES, at=NOW)
    import_report(
        actor=actor, system=system, report=read("junit", REPORT), run=RunOfReport("1"), received_at=datetime.now(UTC)
    )
    return system


@pytest.fixture
def admin(client: Client, organisation: Organisation) -> Membership:
    member = make_member(organisation, Role.ADMIN)
    client.force_login(member.person)
    return member


def form(rules: list[Rule], do: str) -> dict[str, object]:
    return {
        "pattern": [rule.pattern for rule in rules],
        "test": [rule.test for rule in rules],
        "format": [rule.format or "" for rule in rules],
        "do": do,
    }


def patterns(page: str) -> list[str]:
    return re.findall(r'name="pattern"\s+value="([^"]*)"', page)


def test_the_preview_says_where_each_name_goes(client: Client, system: System, admin: Membership) -> None:
    page = client.get(PAGE).content.decode()
    assert "1 mapped, 1 mapped to no test." in page
    assert "rule 1" in page
    assert "tests.ui.a&lt;b" in page
    other = client.post(PAGE, form([Rule("tests.ui.*", "infra-3")], "")).content.decode()
    assert page.count(">data-1</td>") == 1
    assert other.count(">infra-3</td>") == 1
    assert "not saved yet" in other
    assert system_rules(system) == RULES


def test_the_preview_says_which_checks_belong_to_another_test(
    client: Client, system: System, admin: Membership
) -> None:
    assert "belongs to" not in client.get(PAGE).content.decode()
    moved = [Rule("tests.features.*", "data-2"), Rule("tests.ui.*", "data-2")]
    page = client.post(PAGE, form(moved, "")).content.decode()
    assert "1 check belongs to another test already" in page
    assert re.findall(r'is-fail">(belongs to [^<]*)<', page) == ["belongs to data-1"]


@pytest.mark.parametrize(
    ("do", "expected"),
    [("up 1", [1, 0]), ("down 0", [1, 0]), ("up 0", [0, 1]), ("down 1", [0, 1]), ("remove 0", [1]), ("up x", [0, 1])],
)
def test_rows_move_and_go_without_a_script(
    client: Client, system: System, admin: Membership, do: str, expected: list[int]
) -> None:
    rules = [Rule("a*", "data-1"), Rule("b*", "data-2")]
    page = client.post(PAGE, form(rules, do)).content.decode()
    assert patterns(page) == [rules[place].pattern for place in expected]
    assert system_rules(system) == RULES


def test_saving_replaces_the_rules_and_names_faults_at_their_rows(
    client: Client, system: System, admin: Membership
) -> None:
    rules = [Rule("b*", "data-2", "dbt"), Rule("", ""), Rule("a*", "data-1")]
    assert client.post(PAGE, form(rules, "save")).status_code == 302
    assert system_rules(system) == [rules[0], rules[2]]
    answer = client.post(PAGE, form([Rule("", ""), Rule("x", ""), Rule("", "data-1")], "save"))
    assert answer.status_code == 400
    assert answer.content.decode().count('class="fault"') == 2
    assert system_rules(system) == [rules[0], rules[2]]


def test_an_unmapped_name_on_the_systems_page_is_one_click_from_a_rule(
    client: Client, system: System, admin: Membership
) -> None:
    page = client.get("/o/meridian/systems/fraud/").content.decode()
    (link,) = re.findall(r'href="(/o/meridian/systems/fraud/mapping/\?[^"]*)#rules"', page)
    assert "tests.features.range" not in re.findall(r'class="unmapped">.*?</ul>', page, re.DOTALL)[0]
    assert patterns(client.get(link.replace("&amp;", "&")).content.decode())[-1] == "tests.ui.a&lt;b"
    shared = [Rule("tests.ui.*", "infra-3")]
    assert client.post("/o/meridian/settings/mapping/", form(shared, "save")).status_code == 302
    assert organisation_rules(system.organisation) == shared
    assert "Mapped to no test" not in client.get("/o/meridian/systems/fraud/").content.decode()
    assert "2 mapped, 0 mapped to no test." in client.get("/o/meridian/settings/mapping/").content.decode()


def test_the_exported_file_holds_the_rules(client: Client, system: System, admin: Membership) -> None:
    answer = client.get("/o/meridian/systems/fraud/mapping.toml")
    read_back = [Rule(**rule) for rule in tomllib.loads(answer.content.decode())["rules"]]
    assert read_back == RULES
    assert tomllib.loads(client.get("/o/meridian/settings/mapping.toml").content.decode()) == {}


def test_pages_take_few_queries(
    client: Client, system: System, admin: Membership, django_assert_max_num_queries: object
) -> None:
    for path in (PAGE, "/o/meridian/settings/mapping/", "/o/meridian/systems/fraud/"):
        with django_assert_max_num_queries(12):  # type: ignore[operator]
            client.get(path)
