"""The bodies that webhooks send: MLScore's own JSON, or what Slack and Microsoft Teams show as a message. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from notify.models import Shape

Content = Mapping[str, Any]


def body(shape: str, sent: Content) -> bytes:
    """The bytes to send: the same for the same content, as each attempt must be."""
    return json.dumps(_SHAPES[Shape(shape)](sent), ensure_ascii=False, separators=(",", ":")).encode()


def _standard(sent: Content) -> Content:
    return sent


def _slack(sent: Content) -> Content:
    """An incoming webhook's message (mrkdwn); `&`, `<` and `>` are Slack's control characters."""
    data = sent["data"]
    lines = [f"*<{_slack_text(data['url'])}|{_slack_text(data['title'])}>*"]
    if data["text"]:
        lines.append(_slack_text(data["text"]))
    return {"text": "\n".join(lines), "unfurl_links": False}


def _slack_text(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Inside a link a bar would end its address.
    return escaped.replace("|", "¦")


def _teams(sent: Content) -> Content:
    """An adaptive card, as incoming webhooks of Teams' workflows take it."""
    data = sent["data"]
    blocks = [{"type": "TextBlock", "text": _teams_text(data["title"]), "weight": "Bolder", "wrap": True}]
    if data["text"]:
        blocks.append({"type": "TextBlock", "text": _teams_text(data["text"]), "wrap": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": [{"type": "Action.OpenUrl", "title": "Open in MLScore", "url": data["url"]}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _teams_text(text: str) -> str:
    """Text blocks read Markdown: its marks are escaped, and a line break takes two."""
    escaped = "".join(f"\\{each}" if each in "\\`*_[]" else each for each in text)
    return escaped.replace("\n", "\n\n")


_SHAPES: dict[Shape, Callable[[Content], Content]] = {
    Shape.STANDARD: _standard,
    Shape.SLACK: _slack,
    Shape.TEAMS: _teams,
}
