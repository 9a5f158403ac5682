"""What MLScore is put together from, wherever it runs: apps, middleware, templates, and what is done at regular times."""

from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent

INSTALLED_APPS = [
    "accounts",
    "notify",
    "assessments",
    "keyless",
    "evidence",
    "scores",
    "api",
    "dashboards",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "mlscore_site.apps.OwnStaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "mlscore_site.proxies.TrustedProxies",
    "mlscore_site.requests.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "mlscore_site.requests.SecurityHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "mlscore_site.requests.ApiShortcut",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.Memberships",
    "mlscore_site.methods.NothingToShow",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["dashboards.templatetags.addresses"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.membership",
                "notify.context.unread",
            ],
        },
    },
]

# Each waits no longer than until it is sent again. What is to be done stands in the database.
CELERY_BEAT_SCHEDULE = {
    task.rpartition(".")[2]: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in {
        "evidence.tasks.prepare_rule_changes": 60,
        "evidence.tasks.remove_old_results": 300,
        "notify.tasks.deliver_messages": 30,
        "notify.tasks.look_around": 900,
        "scores.tasks.keep_states": 30,
    }.items()
}
