"""Every setting of the project, read from the environment and safe when nothing is said.

``MCI_ENV`` is ``production`` by default: secrets, hosts and servers must then be named, or the start is
refused. ``demo`` and ``test`` use embedded servers and secrets generated under ``var/``.
docs/settings.md describes each variable; a test fails on one that is missing there.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from mci_admin import checks, env, logs

# Lets FormView[Any], QuerySet[Model] and the like be written in running code.
django_stubs_ext.monkeypatch()

MCI_ENV = env.mode()
PRODUCTION = MCI_ENV == "production"
BASE_DIR = env.BASE_DIR
VAR_DIR = env.var_dir()
DEBUG = False

# --- secrets ----------------------------------------------------------------------------------------------
SECRET_KEY = env.secret("SECRET_KEY", least=50 if PRODUCTION else 32)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "")
# The key-encryption key: opens every stored session. Kept out of the database on purpose.
MASTER_KEY: bytes = hashlib.sha256(env.secret("MASTER_KEY").encode()).digest()
# Keys pseudonyms and salted commitments in the audit log.
PSEUDONYM_KEY: bytes = hashlib.sha256(env.secret("PSEUDONYM_KEY").encode()).digest()

# --- key epochs: docs/operations.md, Keys of the days ------------------------------------------------------
# How long the key of a day is kept after every living person key was wrapped anew.
KEY_EPOCH_GRACE_HOURS = env.number("KEY_EPOCH_GRACE_HOURS", 6, most=72)
KMS = env.choice("KMS", "", ("", "vault"))
VAULT_ADDR = env.text("VAULT_ADDR") if KMS else ""
VAULT_TOKEN = env.secret("VAULT_TOKEN", least=8) if KMS else ""
VAULT_NAMESPACE = env.text("VAULT_NAMESPACE", "")
VAULT_MOUNT = env.text("VAULT_MOUNT", "transit")
VAULT_KEY_PREFIX = env.text("VAULT_KEY_PREFIX", "mci-epoch-")

# --- where we are -----------------------------------------------------------------------------------------
PUBLIC_URL = env.required_in_production("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
STREAM_URL = env.required_in_production("STREAM_URL", "http://127.0.0.1:8001").rstrip("/")
STREAM_BIND = env.text("STREAM_BIND", "127.0.0.1:8001")
STREAM_MAX_CONNECTIONS = env.number("STREAM_MAX_CONNECTIONS", 20_000, least=1)
STREAM_HEARTBEAT_SECONDS = env.number("STREAM_HEARTBEAT_SECONDS", 15, least=1, most=60)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", None if PRODUCTION else "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)
# How many proxies of our own append to X-Forwarded-For; 0 means the address of the connection counts.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, most=5)

# --- folders ----------------------------------------------------------------------------------------------
KEYS_DIR: Path = env.folder("KEYS_DIR", VAR_DIR / "keys")
BLOBS_DIR: Path = env.folder("BLOBS_DIR", VAR_DIR / "blobs")
# Keys of the days. Mirrored, never archived: an old copy of this folder would undo erasures.
EPOCHS_DIR: Path = env.folder("EPOCHS_DIR", KEYS_DIR / "epochs")
# What was erased, outside the database, so that a restored older database can be brought up to date.
LEDGER_DIR: Path = env.folder("LEDGER_DIR", KEYS_DIR / "ledger")
# The last signed checkpoint of the audit log, outside the database; see docs/operations.md, The audit log.
AUDIT_STATE_DIR: Path = env.folder("AUDIT_STATE_DIR", KEYS_DIR / "audit")
# Labelled texts of the company's own, on which redaction rules are measured besides generated sessions.
REDACTION_CORPUS: str = env.text("REDACTION_CORPUS", "")
# Where collectstatic puts what is served; demo and test serve from the sources.
STATIC_ROOT: Path = env.folder("STATIC_ROOT", BASE_DIR / "staticfiles" if PRODUCTION else VAR_DIR / "static")
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# --- signing ----------------------------------------------------------------------------------------------
# Releases are signed by approvers with keys that never reach this server; see docs/operations.md.
CEREMONY = env.flag("CEREMONY", False)

# --- the audit log: the name under which it is signed, its tiles as files, where checkpoints go ---
AUDIT_ORIGIN = env.text("AUDIT_ORIGIN", f"{ALLOWED_HOSTS[0] if ALLOWED_HOSTS else 'localhost'}/audit")
AUDIT_KEY_OVERLAP_DAYS = env.number("AUDIT_KEY_OVERLAP_DAYS", 30, most=400)
AUDIT_EXPORT_DIR: str = env.text("AUDIT_EXPORT_DIR", "")
AUDIT_CHECKPOINT_DIR: str = env.text("AUDIT_CHECKPOINT_DIR", "")
AUDIT_CHECKPOINT_BLOBS = env.flag("AUDIT_CHECKPOINT_BLOBS", False)
AUDIT_CHECKPOINT_MAIL = env.words("AUDIT_CHECKPOINT_MAIL", "")

# --- apps -------------------------------------------------------------------------------------------------
OUR_APPS = [
    "audits",
    "accounts",
    "jurisdictions",
    "agents",
    "capture_policies",
    "capture_sessions",
    "reviews",
    "privacy_requests",
]
INSTALLED_APPS = [
    "mci_admin",
    *OUR_APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
]
SITE_ID = 1
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "mci_admin.middleware.RequestContext",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mci_admin.middleware.SignedInUser",
    "mci_admin.middleware.ActionErrors",
]
CSRF_FAILURE_VIEW = "mci_admin.errors.csrf_failure"
ROOT_URLCONF = "mci_admin.urls"
ASGI_APPLICATION = "mci_admin.asgi.application"
WSGI_APPLICATION = "mci_admin.wsgi.application"

_CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
if importlib.util.find_spec("mci_admin.context") is not None:
    _CONTEXT_PROCESSORS.append("mci_admin.context.console")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _CONTEXT_PROCESSORS},
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- PostgreSQL: `default` is the least-privilege application role, `owner` owns the tables ---------------
DATABASE_POOL = env.number("DATABASE_POOL", 0, most=100)
DATABASE_PREPARE = env.flag("DATABASE_PREPARE", True)
_DATABASE_URL = env.service_url("DATABASE_URL") or (
    env.text("DATABASE_URL") if PRODUCTION else "postgresql://mci_app@127.0.0.1:1/services-not-started"
)
_OWNER_URL = env.service_url("DATABASE_OWNER_URL")
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database(
        "DATABASE_URL", _DATABASE_URL, statement=60_000, pool=DATABASE_POOL, prepare=DATABASE_PREPARE
    ),
}
if _OWNER_URL:
    DATABASES["owner"] = env.database("DATABASE_OWNER_URL", _OWNER_URL, statement=0)

# --- Redis or Valkey: signals and caches, never the truth -------------------------------------------------
REDIS_URL = env.service_url("REDIS_URL") or (env.text("REDIS_URL") if PRODUCTION else "redis://127.0.0.1:1/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "mci",
        "TIMEOUT": 300,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = env.number("SESSION_HOURS", 12, least=1, most=72) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- transport security -----------------------------------------------------------------------------------
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = PRODUCTION or _HTTPS
CSRF_COOKIE_SECURE = PRODUCTION or _HTTPS
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
# Limits of one HTTP request; the agent API streams uploads and has its own (mci_core.session).
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- people -----------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "mandatory" if PRODUCTION else "none")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.number("SECOND_FACTOR_MINUTES", 10, least=1, most=60) * 60
ACCOUNT_SESSION_REMEMBER = None
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if importlib.util.find_spec("accounts.adapter") is not None:
    ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
    SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAccountAdapter"
# Grants, approvals and stops ask for a second factor that was shown minutes ago; not an option.
REQUIRE_FRESH_MFA = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_TOTP_ISSUER = "MCI Admin"
OIDC_SERVER_URL = env.optional("OIDC_SERVER_URL")
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": env.text("OIDC_NAME", "Company sign-in"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.secret("OIDC_CLIENT_SECRET", least=8),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }
EMAIL_URL = env.optional("EMAIL_HOST")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_URL
    else "django.core.mail.backends.dummy.EmailBackend"
)
EMAIL_HOST = EMAIL_URL or "localhost"
EMAIL_PORT = env.number("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_PASSWORD", least=8) if EMAIL_HOST_USER else ""
EMAIL_USE_TLS = env.flag("EMAIL_STARTTLS", True)
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "mci-admin@localhost")

# --- language and time ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "mci_admin.staticfiles.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "blobs": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": BLOBS_DIR,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
# Every client of a test is a new stack of middleware, and each would look through all static files first.
WHITENOISE_AUTOREFRESH = MCI_ENV == "test"

# --- REST API ---------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api_bounds.BoundedJSON"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "accounts.api_bounds.BoundedPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "mci_admin.errors.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "read": env.text("API_READ_RATE", "600/min"),
        "write": env.text("API_WRITE_RATE", "120/min"),
        "agent": env.text("AGENT_RATE", "600/min"),
        "enrol": env.text("ENROL_RATE", "30/min"),
        "audit": env.text("AUDIT_READ_RATE", "600/min"),
        None: env.text("API_READ_RATE", "600/min"),
    },
    "NUM_PROXIES": TRUSTED_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
if importlib.util.find_spec("accounts.api_auth") is not None:
    REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"].insert(0, "accounts.api_auth.TokenAuthentication")
SPECTACULAR_SETTINGS = {
    "TITLE": "MCI Admin",
    "DESCRIPTION": "Governance of the capture of work: policies, devices, sessions, reviews, requests.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "DraftStateEnum": "capture_policies.models.DraftState",
        "VersionStateEnum": "capture_policies.models.VersionState",
        "RolloutStateEnum": "capture_policies.models.RolloutState",
        "DeliveryStateEnum": "agents.models.DeliveryState",
        "SessionStateEnum": "capture_sessions.models.SessionState",
        "RequestStateEnum": "privacy_requests.models.RequestState",
        "SignalEnum": "mci_core.policy_model.SIGNALS",
        "PlatformEnum": "mci_core.policy_model.PLATFORMS",
        "PurposeEnum": "mci_core.policy_model.PURPOSES",
    },
}

# --- Celery -----------------------------------------------------------------------------------------------
# A task that was taken by a worker that died is given again after this many seconds.
TASK_VISIBILITY_SECONDS = env.number("TASK_VISIBILITY_SECONDS", 60, least=10, most=3600)

# --- how long an agent may capture without hearing from us ------------------------------------------------
LEASE_SECONDS = env.number("LEASE_SECONDS", 900, least=5, most=86_400)
MIN_GROUP_SIZE = env.number("MIN_GROUP_SIZE", 5, least=5)

# --- decisions on policies --------------------------------------------------------------------------------
# A widening that adds sensitive signals is signed no sooner than this after it was submitted.
COOL_DOWN_HOURS = env.number("COOL_DOWN_HOURS", 24 if PRODUCTION else 0, most=168)
# An approval that led to no release within this time has to be given again.
APPROVAL_DAYS = env.number("APPROVAL_DAYS", 14, least=1, most=365)

# --- logs: JSON lines, no personal data -------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING = logs.config(LOG_LEVEL)

checks.refuse_unsafe(globals())
