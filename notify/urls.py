"""Addresses of notices and webhooks."""

from django.urls import path

from notify.views.notices import choices, notice_list, notices_read
from notify.views.webhooks import (
    delivery_resend,
    webhook,
    webhook_delete,
    webhook_list,
    webhook_new,
    webhook_ping,
    webhook_rotate,
)

ORGANISATION = "o/<slug:organisation>/"
WEBHOOK = ORGANISATION + "webhooks/<int:webhook>/"

urlpatterns = [
    path("account/notices/", choices, name="notice-choices"),
    path(ORGANISATION + "notices/", notice_list, name="notices"),
    path(ORGANISATION + "notices/read/", notices_read, name="notices-read"),
    path(ORGANISATION + "webhooks/", webhook_list, name="webhooks"),
    path(ORGANISATION + "webhooks/new/", webhook_new, name="webhook-new"),
    path(WEBHOOK, webhook, name="webhook"),
    path(WEBHOOK + "rotate/", webhook_rotate, name="webhook-rotate"),
    path(WEBHOOK + "delete/", webhook_delete, name="webhook-delete"),
    path(WEBHOOK + "ping/", webhook_ping, name="webhook-ping"),
    path(WEBHOOK + "deliveries/<int:number>/resend/", delivery_resend, name="webhook-resend"),
]
