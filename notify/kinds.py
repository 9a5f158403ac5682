"""What people and webhooks can be told, and by which ways."""

from __future__ import annotations

from django.db import models


class Channel(models.TextChoices):
    """How one kind of news reaches a person."""

    OFF = "off", "Off"
    APP = "app", "In MLScore"
    MAIL = "mail", "In MLScore and by e-mail"


class Kind(models.TextChoices):
    """What happened. The values name it to webhooks and in stored choices."""

    REVIEW_DUE = "review.due", "A review is due"
    LAPSING = "evidence.lapsing", "Evidence lapses soon"
    LAPSED = "evidence.lapsed", "Evidence has lapsed"
    FAILING = "check.failing", "A check began to fail"
    RECOVERED = "check.recovered", "A check recovered"
    BAND = "band.changed", "A score changed band"
    ASSIGNED = "assigned", "You were assigned"
    MENTIONED = "mentioned", "You were mentioned"
    APPROVAL = "approval.waits", "An approval waits for you"
    DIGEST = "digest", "The week of your teams"


OF_SYSTEMS = (Kind.REVIEW_DUE, Kind.LAPSING, Kind.LAPSED, Kind.FAILING, Kind.RECOVERED, Kind.BAND)
"""What webhooks can be sent: what happens to systems, and concerns no person alone."""

DEFAULTS = dict.fromkeys(Kind, Channel.MAIL) | {Kind.LAPSING: Channel.APP, Kind.RECOVERED: Channel.APP}
"""How each kind reaches those who never chose."""

PING = "ping"
"""What a webhook is sent to try it."""
