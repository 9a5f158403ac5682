"""Mapping rules as they are stored: reading those of a system and its organisation, and replacing them whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import activity
from accounts.actors import Actor
from accounts.errors import FieldFault, Invalid
from accounts.models import Organisation
from assessments.models import System
from evidence.formats import FORMATS
from evidence.mapping import LONGEST_PATTERN, MOST_RULES, Mapper, Rule
from evidence.models import MappingRule
from rubric.loader import builtin


def system_rules(system: System) -> list[Rule]:
    """The system's own rules, in order."""
    return [_rule(row) for row in MappingRule.objects.filter(system=system)]


def organisation_rules(organisation: Organisation) -> list[Rule]:
    """The rules that hold for every system of the organisation, in order."""
    return [_rule(row) for row in MappingRule.objects.filter(organisation=organisation, system__isnull=True)]


def rules_of_both(system: System) -> QuerySet[MappingRule]:
    """The rows of the system's own rules and of its organisation's."""
    of_organisation = MappingRule.objects.filter(organisation_id=system.organisation_id)
    return of_organisation.filter(Q(system=system) | Q(system=None))


def rules_over(system: System) -> tuple[list[Rule], list[Rule]]:
    """The system's own rules and its organisation's, in one query."""
    own: list[Rule] = []
    shared: list[Rule] = []
    for row in rules_of_both(system):
        (shared if row.system_id is None else own).append(_rule(row))
    return own, shared


def rules_by_system(organisation: Organisation) -> dict[int, list[Rule]]:
    """The own rules of all systems of an organisation, by the system's id, in one query."""
    found: dict[int, list[Rule]] = {}
    for row in MappingRule.objects.filter(organisation=organisation, system__isnull=False):
        if row.system_id is not None:
            found.setdefault(row.system_id, []).append(_rule(row))
    return found


def mapper_of(system: System) -> Mapper:
    """The rules in force for a system, ready to be asked: one query."""
    return Mapper(*rules_over(system), tests_of(system))


def tests_of(system: System) -> set[str]:
    """The keys of the tests of every edition that the system has had: what its results may name."""
    return {test for key in system.edition_keys for test in builtin()[key].tests}


def nameable_tests(system: System | None) -> set[str]:
    """The keys that rules may name: a system's, or for an organisation's rules those of every rubric."""
    if system is not None:
        return tests_of(system)
    return {test for rubric in builtin().values() for test in rubric.tests}


@transaction.atomic
def replace_rules(*, actor: Actor, rules: Sequence[Rule], at: datetime, system: System | None = None) -> None:
    """Put these rules, in this order, in the place of all that the system had, or (None) of the organisation's.

    They hold for imports from here on; what was recorded stays as it is. Raises Invalid, with the place of each fault.
    """
    check_rules(rules, system)
    if system is not None:
        System.objects.select_for_update(of=("self",)).get(pk=system.pk)
    else:
        Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
    before = system_rules(system) if system is not None else organisation_rules(actor.organisation)
    if list(rules) == before:
        return
    MappingRule.objects.filter(organisation=actor.organisation, system=system).delete()
    MappingRule.objects.bulk_create(
        MappingRule(
            organisation=actor.organisation,
            system=system,
            position=position,
            pattern=rule.pattern,
            test=rule.test,
            format=rule.format or "",
        )
        for position, rule in enumerate(rules)
    )
    _log(actor, before, rules, at, system)


def _log(actor: Actor, before: Sequence[Rule], after: Sequence[Rule], at: datetime, system: System | None) -> None:
    old, new = [_text(rule) for rule in before], [_text(rule) for rule in after]
    added, removed = [text for text in new if text not in old], [text for text in old if text not in new]
    what = f"{len(added)} added, {len(removed)} removed" if added or removed else "other order"
    activity.record(
        actor=actor,
        at=at,
        action="mapping.changed",
        summary=f"Changed the mapping rules of {system or actor.organisation}: {what}",
        system_id=system.pk if system is not None else None,
        details={"added": added, "removed": removed, "rules": new},
    )


def check_rules(rules: Sequence[Rule], system: System | None) -> None:
    """Raises Invalid for rules that cannot be stored; the paths begin with ("rules", place)."""
    tests = nameable_tests(system)
    whose = "this system's rubric" if system is not None else "any rubric"
    faults = []
    if len(rules) > MOST_RULES:
        faults.append(FieldFault(("rules",), f"At most {MOST_RULES} rules."))
    for place, rule in enumerate(rules):
        if not rule.pattern.strip() or len(rule.pattern) > LONGEST_PATTERN:
            detail = f"A pattern has 1 to {LONGEST_PATTERN} characters."
            faults.append(FieldFault(("rules", place, "pattern"), detail))
        if rule.test not in tests:
            faults.append(FieldFault(("rules", place, "test"), f"{rule.test!r} is no test of {whose}."))
        if rule.format is not None and rule.format not in FORMATS:
            faults.append(FieldFault(("rules", place, "format"), f"One of {', '.join(FORMATS)}."))
    if faults:
        raise Invalid(*faults)


def _text(rule: Rule) -> str:
    """A rule as the activity log shows it."""
    return f"{rule.pattern} → {rule.test}" + (f" ({rule.format})" if rule.format else "")


def _rule(row: MappingRule) -> Rule:
    return Rule(row.pattern, row.test, row.format or None)
