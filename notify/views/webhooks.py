"""Webhooks of an organisation, and what was delivered to them."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.forms import add_faults
from accounts.models import Role
from notify import webhooks
from notify.forms import WebhookChangeForm, WebhookForm
from notify.models import Message, Webhook
from notify.sending import message_id

PAGE = 50


@member_page(Role.ADMIN)
@require_safe
def webhook_list(request: MemberRequest, organisation: str) -> HttpResponse:
    """Every webhook, with how its deliveries fare."""
    rows = Webhook.objects.visible_to(request.membership).annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state="waiting")),
        failed=Count("deliveries", filter=Q(deliveries__state="failed")),
        last=Max("deliveries__tried_at"),
    )
    return render(request, "notify/webhooks.html", {"webhooks": rows})


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: MemberRequest, organisation: str) -> HttpResponse:
    """Create a webhook; the answer shows its secret, this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            hook, secret = webhooks.create_webhook(
                actor=Actor.of(request.membership), at=timezone.now(), **form.cleaned_data
            )
        except Invalid as error:
            add_faults(form, error)
        else:
            return _secret_shown(request, hook, secret)
    return render(request, "notify/webhook_new.html", {"form": form}, status=400 if form.errors else 200)


@sensitive_variables("secret")
def _secret_shown(request: MemberRequest, hook: Webhook, secret: str) -> HttpResponse:
    response = render(request, "notify/webhook_secret.html", {"webhook": hook, "secret": secret})
    response["Cache-Control"] = "no-store"
    return response


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: MemberRequest, organisation: str, webhook: int) -> HttpResponse:
    """One webhook: its settings, which a POST changes, and its newest deliveries; `?before=` begins a further page."""
    hook = get_object_or_404(Webhook.objects.visible_to(request.membership), pk=webhook)
    fields = ("name", "url", "shape", "kinds", "active")
    form = WebhookChangeForm(request.POST or None, initial={field: getattr(hook, field) for field in fields})
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.update_webhook(
                actor=Actor.of(request.membership), webhook_id=hook.pk, at=timezone.now(), **form.cleaned_data
            )
        except Invalid as error:
            add_faults(form, error)
        else:
            messages.success(request, "The webhook is saved.")
            return redirect("webhook", organisation, hook.pk)
    page, older = _deliveries(hook, request.GET.get("before", ""))
    context = {"webhook": hook, "form": form, "deliveries": page, "older": older}
    return render(request, "notify/webhook.html", context, status=400 if form.errors else 200)


def _deliveries(hook: Webhook, before: str) -> tuple[list[Message], int | None]:
    """A page of deliveries, newest first, and where the next one begins."""
    rows = hook.deliveries.order_by("-id")
    if before:
        if not (before.isascii() and before.isdigit() and len(before) <= 18):
            raise Http404
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    for row in found:
        row.shown_id = message_id(row)  # type: ignore[attr-defined]
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_rotate(request: MemberRequest, organisation: str, webhook: int) -> HttpResponse:
    """Ask whether to rotate the secret, and rotate it; the answer shows the new one, this once."""
    hook = get_object_or_404(Webhook.objects.visible_to(request.membership), pk=webhook)
    if request.method != "POST":
        return render(request, "notify/webhook_rotate.html", {"webhook": hook})
    hook, secret = webhooks.rotate_secret(actor=Actor.of(request.membership), webhook_id=hook.pk, at=timezone.now())
    return _secret_shown(request, hook, secret)


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delete(request: MemberRequest, organisation: str, webhook: int) -> HttpResponse:
    """Ask whether to delete a webhook, and delete it."""
    hook = get_object_or_404(Webhook.objects.visible_to(request.membership), pk=webhook)
    if request.method != "POST":
        return render(request, "notify/webhook_delete.html", {"webhook": hook})
    webhooks.delete_webhook(actor=Actor.of(request.membership), webhook_id=hook.pk, at=timezone.now())
    messages.success(request, f"The webhook {hook.name} is deleted.")
    return redirect("webhooks", organisation)


@member_page(Role.ADMIN)
@require_POST
def webhook_ping(request: MemberRequest, organisation: str, webhook: int) -> HttpResponse:
    """Send a webhook a message to try it."""
    hook = get_object_or_404(Webhook.objects.visible_to(request.membership), pk=webhook)
    actor = Actor.of(request.membership)
    return _tried(
        request,
        hook,
        lambda: webhooks.ping(actor=actor, webhook_id=hook.pk, at=timezone.now()),
        "A ping is on its way; this page shows what becomes of it.",
    )


@member_page(Role.ADMIN)
@require_POST
def delivery_resend(request: MemberRequest, organisation: str, webhook: int, number: int) -> HttpResponse:
    """Send a delivery again."""
    hook = get_object_or_404(Webhook.objects.visible_to(request.membership), pk=webhook)
    get_object_or_404(hook.deliveries, pk=number)
    actor = Actor.of(request.membership)
    return _tried(
        request,
        hook,
        lambda: webhooks.resend(actor=actor, webhook_id=hook.pk, message_id=number, at=timezone.now()),
        "The delivery is on its way again.",
    )


def _tried(request: MemberRequest, hook: Webhook, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("webhook", request.membership.organisation.slug, hook.pk)
