"""Creating a system, editing it, retiring it, and the rules by which its evidence is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.forms import add_faults
from accounts.models import WINDOW_DAYS, Membership, Role, Team
from assessments.models import Assessment, AssessmentStatus, Lifecycle, System
from assessments.systems import create_system, update_system
from dashboards.assessing.finding import system_or_404
from evidence.preparation import progress
from evidence.rule_changes import ChangeInPreparation, change_for, change_rules
from rubric.definition import Rubric
from rubric.loader import DEFAULT, builtin

LIFECYCLES = [(each.value, each.label) for each in (Lifecycle.EXPERIMENT, Lifecycle.PRODUCTION)]


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]  # it takes none when it runs
    """A choice among members, who are shown by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.person)


class SystemForm(forms.Form):
    """What a system is. Operations check what only they can: the team's organisation, the target's range."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    team = forms.ModelChoiceField(label="Team", queryset=Team.objects.none(), required=False, empty_label="No team")
    owner = MemberField(label="Owner", queryset=Membership.objects.none(), required=False, empty_label="No owner")
    tags = forms.CharField(
        label="Tags", max_length=1000, required=False, help_text="Separated by commas, such as fraud, real-time."
    )
    lifecycle = forms.ChoiceField(label="Lifecycle", choices=LIFECYCLES, widget=forms.RadioSelect)
    repository_url = forms.URLField(
        label="Repository",
        max_length=2000,
        required=False,
        assume_scheme="https",
        help_text="An http or https address.",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    target_score = forms.DecimalField(
        label="Target score",
        min_value=0,
        max_digits=9,
        decimal_places=6,
        required=False,
        help_text="What the score should reach; the gate of pipelines compares with it.",
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.visible_to(membership).select_related("person").order_by("person__email")
        self.fields["team"].queryset = Team.objects.visible_to(membership)  # type: ignore[attr-defined]
        self.fields["owner"].queryset = members  # type: ignore[attr-defined]

    def clean_repository_url(self) -> str:
        url: str = self.cleaned_data["repository_url"]
        if url and not url.lower().startswith(("http://", "https://")):
            raise forms.ValidationError("An http or https address.")
        return url

    def clean_tags(self) -> list[str]:
        """The tags, each once."""
        tags = (tag.strip() for tag in self.cleaned_data["tags"].split(","))
        return list(dict.fromkeys(tag for tag in tags if tag))

    def values(self) -> dict[str, Any]:
        """The cleaned values as operations take them."""
        data = dict(self.cleaned_data)
        owner: Membership | None = data["owner"]
        return {**data, "owner": owner.person if owner else None}


class NewSystemForm(SystemForm):
    """A system to be created: besides, its slug and its rubric."""

    slug = forms.SlugField(
        label="Slug", max_length=60, required=False, help_text="Its name in addresses; follows from the name if empty."
    )
    rubric = forms.ChoiceField(label="Rubric", help_text="By which it is scored; it can move to another edition later.")
    field_order = ("name", "slug", "description", "rubric", "lifecycle", "team", "owner", "tags", "repository_url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rubric"].choices = _rubric_choices()  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        data = super().values()
        return {**data, "slug": data["slug"] or None}


def _rubric_choices() -> list[tuple[str, str]]:
    return [(rubric.key, rubric.title) for rubric in builtin().values()]


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_create(request: MemberRequest, organisation: str) -> HttpResponseBase:
    """Create a system; its first assessment comes next."""
    initial = {"lifecycle": Lifecycle.EXPERIMENT.value, "rubric": DEFAULT}
    form = NewSystemForm(request.POST or None, membership=request.membership, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            system = create_system(actor=Actor.of(request.membership), at=timezone.now(), **form.values())
        except (Invalid, Conflict) as error:
            add_faults(form, error)
        else:
            messages.success(request, f"{system.name} is created.")
            return redirect("assessments", organisation, system.slug)
    return render(request, "systems/create.html", {"form": form}, status=400 if form.errors else 200)


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_edit(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """Edit what a system is."""
    system = system_or_404(request.membership, slug)
    form = SystemForm(request.POST or None, membership=request.membership, initial=_values_of(system))
    if system.lifecycle == Lifecycle.RETIRED:
        form.fields["lifecycle"].choices = [*LIFECYCLES, (Lifecycle.RETIRED.value, Lifecycle.RETIRED.label)]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            update_system(actor=Actor.of(request.membership), system=system, changes=form.values(), at=timezone.now())
        except (Invalid, Conflict) as error:
            add_faults(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("system-edit", organisation, slug)
    context = {"form": form, "system": system, "rubric": builtin()[system.rubric]}
    return render(request, "systems/edit.html", context, status=400 if form.errors else 200)


def _values_of(system: System) -> dict[str, Any]:
    members = Membership.objects.filter(organisation_id=system.organisation_id)
    owner = members.filter(person=system.owner).first() if system.owner else None
    target = system.target_score
    return {
        "name": system.name,
        "description": system.description,
        "team": system.team_id,
        "owner": owner,
        "tags": ", ".join(system.tags),
        "lifecycle": system.lifecycle,
        "repository_url": system.repository_url,
        "target_score": None if target is None else f"{target:f}".rstrip("0").rstrip("."),
    }


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_retire(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """Ask once, then retire."""
    system = system_or_404(request.membership, slug)
    if request.method == "POST":
        update_system(
            actor=Actor.of(request.membership),
            system=system,
            changes={"lifecycle": Lifecycle.RETIRED.value},
            at=timezone.now(),
        )
        messages.success(request, f"{system.name} is retired.")
        return redirect("system-edit", organisation, slug)
    return render(request, "systems/retire.html", {"system": system})


class RulesForm(forms.Form):
    """Windows of single tests, and the branch that counts. A field of a test is named `window-KEY`."""

    counted_branch = forms.CharField(
        label="Counted branch",
        max_length=200,
        required=False,
        help_text="Results of other branches, and of none, are then kept and shown and earn nothing. Empty: all count.",
    )

    def __init__(self, *args: Any, rubric: Rubric, default: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        low, high = WINDOW_DAYS
        for key, test in rubric.tests.items():
            self.fields[f"window-{key}"] = forms.IntegerField(
                label=test.title,
                required=False,
                min_value=low,
                max_value=high,
                widget=forms.NumberInput(attrs={"placeholder": default}),
            )

    def windows(self) -> dict[str, int]:
        """The windows given, by test."""
        return {
            name.removeprefix("window-"): days
            for name, days in self.cleaned_data.items()
            if name.startswith("window-") and days is not None
        }


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_rules(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """The rules by which a system's runs are read, and a change of them in preparation."""
    system = system_or_404(request.membership, slug)
    rubric = builtin()[system.rubric]
    pending = change_for(system)
    mine = pending if pending is not None and pending.system_id == system.pk else None
    initial = _rules_of(system, mine.changes if mine else {})
    form = RulesForm(request.POST or None, rubric=rubric, default=system.organisation.window_days, initial=initial)
    if request.method == "POST" and form.is_valid() and _change_rules(request, system, rubric, form):
        messages.success(request, "Saved. All times are read by the rules in force; the change is marked on charts.")
        return redirect("system-rules", organisation, slug)
    context = {"form": form, "system": system, "rubric": rubric, "pending": mine}
    context["percent"] = progress(mine) if mine else 0
    return render(request, "systems/rules.html", context, status=400 if form.errors else 200)


def _rules_of(system: System, coming: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows: the rules in force, and of a change in preparation those to come."""
    windows = coming.get("windows", system.windows)
    shown: dict[str, Any] = {f"window-{test}": days for test, days in windows.items()}
    return {"counted_branch": coming.get("counted_branch", system.counted_branch) or "", **shown}


def _change_rules(request: MemberRequest, system: System, rubric: Rubric, form: RulesForm) -> bool:
    """Whether it is done or under way; windows of tests that only earlier editions have are kept."""
    kept = {test: days for test, days in system.windows.items() if test not in rubric.tests}
    branch = _without_nul(form.cleaned_data["counted_branch"])
    try:
        change_rules(
            actor=Actor.of(request.membership),
            changes={"windows": kept | form.windows(), "counted_branch": branch or None},
            at=timezone.now(),
            system=system,
        )
    except ChangeInPreparation:
        form.add_error(None, "Another change of rules is being prepared. Try again when it is in force.")
        return False
    return True


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_edition(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """Ask, naming what it does; then move the system to another rubric."""
    system = system_or_404(request.membership, slug)
    fault = ""
    if request.method == "POST":
        fault = _move(request, system, request.POST.get("rubric", ""))
        if not fault:
            return redirect("system-edit", organisation, slug)
    drafts = Assessment.objects.filter(system=system, status=AssessmentStatus.DRAFT).count()
    others = [rubric for rubric in builtin().values() if rubric.key != system.rubric]
    context = {
        "system": system,
        "rubric": builtin()[system.rubric],
        "others": others,
        "drafts": drafts,
        "fault": fault,
    }
    return render(request, "systems/edition.html", context, status=400 if fault else 200)


def _move(request: MemberRequest, system: System, key: str) -> str:
    """Empty when the system has moved, else what is wrong."""
    if key not in builtin() or key == system.rubric:
        return "Choose another rubric."
    if system.target_score is not None and system.target_score > builtin()[key].maximum:
        return "The system's target score lies beyond what that rubric can reach; change the target first."
    update_system(actor=Actor.of(request.membership), system=system, changes={"rubric": key}, at=timezone.now())
    messages.success(request, f"{system.name} is scored by {builtin()[key].title} from now on.")
    return ""
