"""Settings. Each variable of the environment that MLScore reads is read here or in gunicorn.py.

docs/reference/configuration.md describes them all; a test compares the two.
"""

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from mlscore_site import uploads
from mlscore_site.installed import BASE_DIR, CELERY_BEAT_SCHEDULE, INSTALLED_APPS, MIDDLEWARE, TEMPLATES  # noqa: F401
from mlscore_site.logs import logging_config
from mlscore_site.secret_key import kept_secret_key

env = environ.Env()

# Where everything that MLScore writes lives: database, secret key, uploads, collected static files.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# Tracebacks in the browser and no hashed static files: for developers of MLScore alone.
DEBUG = env.bool("DEBUG", default=False)

# Signs sessions and links. Made and kept in DATA_DIR when the environment gives none.
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret_key(DATA_DIR / "secret_key")

# Former keys, whose signatures are still accepted while a new key is brought in.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# The port that the server listens on.
PORT = env.int("PORT", default=8000)

# Where people reach this installation: links in mails and messages begin with it.
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")

# Host names that requests may name; that of PUBLIC_URL always may.
ALLOWED_HOSTS = [
    *env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]),
    urlsplit(PUBLIC_URL).hostname or "localhost",
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# Networks of reverse proxies whose X-Forwarded-For, -Proto and -Host headers are believed. Nobody else's are.
TRUSTED_PROXIES = [ipaddress.ip_network(network) for network in env.list("TRUSTED_PROXIES", default=[])]

# Served over HTTPS: cookies are sent over HTTPS alone, HTTP is redirected, browsers are told to remember it.
TLS = env.bool("TLS", default=False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

# For how many seconds browsers remember that this host speaks HTTPS only. Counts with TLS alone.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if TLS else 0
# Whether that holds for subdomains, and may be preloaded into browsers.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=True) and TLS

ROOT_URLCONF = "mlscore_site.urls"
WSGI_APPLICATION = "mlscore_site.wsgi.application"

# The database, as a URL: sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR}/mlscore.sqlite3")
}
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if SQLITE:
    # A result is acknowledged only when it is durable, hence synchronous=FULL. IMMEDIATE makes writers queue for the
    # lock when they begin, instead of failing when a read transaction wants to become a writing one.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
    }
else:
    # For how many seconds a thread keeps its connection to PostgreSQL.
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
    DATABASES["default"]["ENGINE"] = "mlscore_site.postgresql"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: cache, throttles and Celery's broker. Without it local memory serves, and `manage.py work` the jobs.
REDIS_URL = env.str("REDIS_URL", default="")
# A directory in which the processes of one server remember the systems posted to last; PostgreSQL alone is written so.
POSTINGS_MEMORY = "" if SQLITE else env.str("POSTINGS_MEMORY", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "mlscore_site.caching.SharedCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "mlscore",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
# In the database alone: from a cache that was away when a session ended, the session would come back.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["accounts.backend.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "accounts.account_forms.SignInForm",
    "add_email": "accounts.account_forms.AddressForm",
    "change_password": "accounts.account_forms.PasswordForm",
    "set_password": "accounts.account_forms.FirstPasswordForm",
    "reset_password": "accounts.account_forms.ResetForm",
    "reset_password_from_key": "accounts.account_forms.NewPasswordForm",
}
SOCIALACCOUNT_ADAPTER = "accounts.adapter.SingleSignOnAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
# A person has one address; a new one replaces it once it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "MLScore: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(PUBLIC_URL).scheme
# REMOTE_ADDR is right when a request gets there: TrustedProxies has seen to it.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "MLScore"
# Browsers offer passkeys on http://localhost as well.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not TLS

# Single sign-on by OpenID Connect: the issuer's address; no single sign-on without it.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                # What its button says.
                "name": env.str("OIDC_NAME", default="Single sign-on"),
                # The client that the issuer knows MLScore as, and its secret.
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ],
    }
ISSUER = urlsplit(OIDC_ISSUER)
# Further origins that the issuer sends the browser to when somebody signs in, such as that of a federated one.
OIDC_FORM_ORIGINS = env.list("OIDC_FORM_ORIGINS", default=[])
SOCIALACCOUNT_LOGIN_ON_GET = False
# Whoever runs MLScore chose the issuer: an address that it calls verified signs in the person who has it.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True

# Outgoing mail, as a URL: smtp+tls://USER:PASSWORD@HOST:PORT, or consolemail:// to print it.
_mail = env.email_url("MAIL_URL", default="consolemail://")
vars().update(_mail)
# Whoever sends a mail writes it to the outbox; MAIL_BACKEND is what takes it from there.
MAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_BACKEND = "notify.mail.Outbox"
EMAIL_TIMEOUT = 20
# Who the mails are from.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="MLScore <mlscore@localhost>")

# Whether webhooks may be sent into private networks. For development, and where every admin may reach everything anyway.
WEBHOOKS_ALLOW_PRIVATE = env.bool("WEBHOOKS_ALLOW_PRIVATE", default=False)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "frame-ancestors": ["'none'"],
        # The sign-in's form is redirected to the issuer, which browsers hold to this as well.
        "form-action": ["'self'", *([f"{ISSUER.scheme}://{ISSUER.netloc}"] if OIDC_ISSUER else []), *OIDC_FORM_ORIGINS],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
# The largest body: a report file of 10 MiB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

STATIC_URL = "/static/"
# Where `collectstatic` puts the static files, with hashed names.
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dashboards.plotly.PlotlyFinder",
]
# Every page names the hashed files; the others would only be compressed for nothing.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Whitenoise's own list, and source maps, which only developers' tools read.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "tgz", "bz2", "tbz", "xz", "br", "woff", "woff2", "map"),
]
MEDIA_ROOT = DATA_DIR / "uploads"
# The largest file that is taken as evidence, and what all files of an organisation may have together, in MiB.
UPLOAD_MIB = env.int("UPLOAD_MIB", default=10)
UPLOAD_ORGANISATION_MIB = env.int("UPLOAD_ORGANISATION_MIB", default=1024)
# The endings of the files that are taken.
UPLOAD_TYPES = env.list(
    "UPLOAD_TYPES",
    default=[
        *("csv", "docx", "gif", "html", "ipynb", "jpeg", "jpg", "json", "log", "md", "odt"),
        *("pdf", "png", "pptx", "txt", "webp", "xlsx", "xml", "yaml", "yml", "zip"),
    ],
)
STORAGES = {
    "default": uploads.storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "mlscore_site.static.HashedStaticFiles"
    },
}

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# How many requests a second one API token may make.
API_RATE = env.int("API_RATE", default=100)
# How many tokens a minute one network address may ask for in exchange for a CI's.
EXCHANGE_RATE = env.int("EXCHANGE_RATE", default=120)
# How many times a minute one network address may open reports by a share link.
SHARE_RATE = env.int("SHARE_RATE", default=60)
# How many exports a server process streams at once, each with a thread of WEB_THREADS.
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=3)
# Origins of issuers of CI tokens that may use http, or lie in a private network; all others are https, and public.
KEYLESS_LOCAL_ISSUERS = [each.lower().rstrip("/") for each in env.list("KEYLESS_LOCAL_ISSUERS", default=[])]
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MLScore",
    "VERSION": "1",
    "DESCRIPTION": "Post what pipelines proved, record what teams claim, read the score at any time. "
    "Errors are problem details (RFC 9457). Instants are RFC 3339 with an offset, answered in UTC.",
    "POSTPROCESSING_HOOKS": ["api.openapi.complete"],
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# The least serious log messages that are written: DEBUG, INFO, WARNING, ERROR.
LOGGING = logging_config(env.str("LOG_LEVEL", default="INFO"))
LOGGING_CONFIG = "mlscore_site.logs.configure"

# Who may read /metrics: those who send `Authorization: Bearer` with this token. Nobody when it is empty.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
