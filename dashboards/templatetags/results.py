"""Filters for lists of results."""

from __future__ import annotations

from django import template

from dashboards.system.facts_presenters import check_title, received_late

register = template.Library()
register.filter("received_late", received_late)
register.filter("check_title", check_title)
