"""The editors of mapping rules: a system's, and its organisation's; each works as a plain form, and previews as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.models import Role
from assessments.models import System
from dashboards.assessing.finding import system_or_404
from dashboards.mapping.draft import Preview, Row, as_toml, changed, preview, rules_in, with_asked
from evidence.formats import FORMATS
from evidence.import_models import SeenNames
from evidence.mapping import Mapper, Rule
from evidence.mapping_rules import (
    organisation_rules,
    replace_rules,
    rules_by_system,
    rules_over,
    system_rules,
    tests_of,
)
from evidence.seen_names import names_of, read_names, tests_of_known
from rubric.definition import Rubric
from rubric.loader import builtin

MOST_SYSTEMS = 100


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_mapping(request: MemberRequest, organisation: str, slug: str) -> HttpResponse:
    """A system's rules. `?pattern=&format=` begins another one."""
    system = system_or_404(request.membership, slug)
    stored, shared = rules_over(system)
    draft = _draft(request, stored)
    faults = _save(request, draft, system) if request.POST.get("do") == "save" else {}
    if faults is None:
        return redirect("system-mapping", organisation, slug)
    names = names_of(system)
    shown = preview(names, {system.pk: Mapper(draft, shared, tests_of(system))}, tests_of_known(names))
    context = {
        "system": system,
        "shared": len(shared),
        "rubrics": [builtin()[key] for key in system.edition_keys],
    }
    return _page(request, "mapping/system.html", draft, stored, faults, shown, context)


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_mapping(request: MemberRequest, organisation: str) -> HttpResponse:
    """The rules that are asked after a system's own, of every system."""
    here = request.membership.organisation
    stored = organisation_rules(here)
    draft = _draft(request, stored)
    faults = _save(request, draft, None) if request.POST.get("do") == "save" else {}
    if faults is None:
        return redirect("organisation-mapping", organisation)
    rows = SeenNames.objects.visible_to(request.membership).select_related("system").order_by("-id")[:MOST_SYSTEMS]
    names = read_names(rows)
    own = rules_by_system(here)
    mappers = {
        seen.system.pk: Mapper(own.get(seen.system.pk, []), draft, tests_of(seen.system))
        for seen in {each.system.pk: each for each in names}.values()
    }
    context: dict[str, Any] = {"rubrics": list(builtin().values())}
    shown = preview(names, mappers, tests_of_known(names))
    return _page(request, "mapping/organisation.html", draft, stored, faults, shown, context)


@require_safe
@member_page(Role.VIEWER)
def system_mapping_file(request: MemberRequest, organisation: str, slug: str) -> HttpResponse:
    """A system's rules as TOML."""
    system = system_or_404(request.membership, slug)
    return _file(as_toml(system_rules(system), system.name), f"{slug}.mapping.toml")


@require_safe
@member_page(Role.VIEWER)
def organisation_mapping_file(request: MemberRequest, organisation: str) -> HttpResponse:
    """The organisation's rules as TOML."""
    here = request.membership.organisation
    return _file(as_toml(organisation_rules(here), here.name), f"{organisation}.mapping.toml")


def _draft(request: MemberRequest, stored: Sequence[Rule]) -> list[Rule]:
    if request.method == "POST":
        return changed(rules_in(request.POST), request.POST.get("do", ""))
    return with_asked(stored, request.GET.dict())


def _save(request: MemberRequest, draft: Sequence[Rule], system: System | None) -> dict[int, dict[str, str]] | None:
    """None when the rules are stored, else what is wrong, by row and field; rows left empty are passed over."""
    kept = [(place, rule) for place, rule in enumerate(draft) if rule.pattern.strip() or rule.test]
    try:
        replace_rules(
            actor=Actor.of(request.membership), system=system, rules=[rule for _, rule in kept], at=timezone.now()
        )
    except Invalid as error:
        faults: dict[int, dict[str, str]] = {}
        for fault in error.faults:
            place = kept[int(fault.path[1])][0] if len(fault.path) > 1 else 0
            faults.setdefault(place, {})[str(fault.path[-1])] = fault.detail
        return faults
    messages.success(request, "The rules are saved. They hold for imports from here on.")
    return None


def _page(
    request: MemberRequest,
    template: str,
    draft: Sequence[Rule],
    stored: Sequence[Rule],
    faults: dict[int, dict[str, str]],
    shown: Preview,
    context: dict[str, Any],
) -> HttpResponse:
    rubrics: list[Rubric] = context["rubrics"]
    tests = {key: test.title for rubric in rubrics for key, test in rubric.tests.items()}
    return render(
        request,
        template,
        {
            **context,
            "rows": [Row(rule, faults.get(place, {})) for place, rule in enumerate(draft)],
            "unsaved": list(draft) != list(stored),
            "at_fault": bool(faults),
            "tests": tests.items(),
            "formats": [(each.name, each.title) for each in FORMATS.values()],
            "preview": shown,
        },
        status=400 if faults else 200,
    )


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
