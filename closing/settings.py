"""Settings, all of them from the environment; docs/operations.md lists the variables."""

import os
from pathlib import Path
from typing import Any

from closing.runtime import paths, urls
from closing.runtime.secret_files import from_environment, kept_secret

BASE_DIR = paths.PROJECT
STATE_DIR = paths.state_folder()
TESTING = urls.is_true(os.environ.get("CLOSING_TESTING"))
DEBUG = urls.is_true(os.environ.get("CLOSING_DEBUG"))
# Behind https: secure cookies, HSTS, redirects. Off for the demo, which answers plain http.
HTTPS = urls.is_true(os.environ.get("CLOSING_HTTPS"))


def _list(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


SECRET_KEY = from_environment("SECRET_KEY") or kept_secret(STATE_DIR / "secret-key")
ALLOWED_HOSTS = _list("CLOSING_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _list("CLOSING_ORIGINS", "")

INSTALLED_APPS = [
    "closing.apps.ClosingConfig",
    "investors.apps.InvestorsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "pgtrigger",
    "axes",
    "csp",
    "django_include_bootstrap",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "closing.web.refusals.Refusals",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "closing.urls"
WSGI_APPLICATION = "closing.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "closing.web.context.room",
            ]
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# --- Database. Commands that need none run without an address, and never connect.
_database_url = from_environment("DATABASE_URL") or "postgresql://closing@127.0.0.1:5432/closing"
_database: dict[str, Any] = {
    **urls.database_settings(_database_url),
    "CONN_MAX_AGE": 0,
    # Without it the first requests after a restart of the database fail.
    "CONN_HEALTH_CHECKS": True,
}
# Only the web server pools: a forked worker must not share its parent's connections.
_pool_size = int(os.environ.get("CLOSING_DB_POOL", "0"))
if _pool_size:
    _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool_size, "timeout": 10}
DATABASES = {"default": _database}

# --- People
AUTH_USER_MODEL = "investors.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "closing.web.errors.stale_form"
SESSION_COOKIE_AGE = 12 * 60 * 60

# Five wrong passwords for one name from one address close the door for a quarter of an hour.
AXES_ENABLED = not TESTING
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "errors/429.html"

# How many proxies of one's own stand before the room: each adds an address to X-Forwarded-For, and only those
# are believed in the evidence of a signature. With none, the header is anybody's word and is not read.
PROXIES = int(os.environ.get("CLOSING_PROXIES", "0"))

# Where people find this room: e-mail links begin with it.
PUBLIC_URL = os.environ.get("CLOSING_URL", "http://127.0.0.1:8000").rstrip("/")

# --- Headers
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # Bootstrap draws its small icons as data: images.
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # Our own mail, as it went out, in a frame that runs nothing.
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Language and time. The database keeps UTC; pages show the deal's own zone.
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files: static ones with the code, uploads in the state folder or an S3-compatible store.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = os.environ.get("CLOSING_STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
MEDIA_ROOT = Path(os.environ.get("CLOSING_STORAGE") or STATE_DIR / "files")
_S3_BUCKET = os.environ.get("CLOSING_S3_BUCKET")


def _storage() -> dict[str, Any]:
    if not _S3_BUCKET:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": str(MEDIA_ROOT),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _S3_BUCKET,
            "endpoint_url": os.environ.get("CLOSING_S3_ENDPOINT") or None,
            "region_name": os.environ.get("CLOSING_S3_REGION") or None,
            "access_key": from_environment("CLOSING_S3_ACCESS_KEY"),
            "secret_key": from_environment("CLOSING_S3_SECRET_KEY"),
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }


_MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": _storage(),
    # Hashed names where `collectstatic` has run; else straight from the code's own folders.
    "staticfiles": {"BACKEND": _MANIFEST if STATIC_ROOT else _PLAIN},
}
# LibreOffice's program, by path or name; where none is named, the one on PATH.
OFFICE_CONVERTER = os.environ.get("CLOSING_OFFICE_CONVERTER", "")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# Who bears what is over the cap is asked with a field for each investor, of whom a deal may have a few thousand.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "closing.web.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Seals: a key of one's own, else one made at first need and kept in the state folder. Without
# a time stamp server a seal states its maker's time, and says that nobody else vouches for it.
SEAL_NAME = os.environ.get("SEAL_NAME", "Closing room")
SEAL_KEY_FILE = os.environ.get("SEAL_KEY_FILE", "")
SEAL_CERTIFICATE_FILE = os.environ.get("SEAL_CERTIFICATE_FILE", "")
SEAL_KEY_PASSWORD = from_environment("SEAL_KEY_PASSWORD")
SEAL_TIMESTAMP_URL = os.environ.get("SEAL_TIMESTAMP_URL", "")

# --- E-mail: a relay where one is named, else files that a person can read.
_email_url = from_environment("EMAIL_URL")
EMAIL_IS_FILES = not _email_url
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("CLOSING_FROM", "closing-room@localhost")
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = str(STATE_DIR / "mail")
if _email_url:
    _server = urls.mail_server(_email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _server.host, _server.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _server.user, _server.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _server.use_tls, _server.use_ssl
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

# --- Celery: the row is the queue, a message only the doorbell. A task that dies with its
# process comes again; nothing is due by countdown, since those come again and again.
CELERY_BROKER_URL = from_environment("REDIS_URL") or "redis://127.0.0.1:6379/0"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_TIME_LIMIT = 900
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "unacked_restore_interval": 30,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_PUBLISH_RETRY = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
# A worker that dies with a packet loses its lease after this; longer than the task's time limit.
PACKET_LEASE_SECONDS = int(os.environ.get("CLOSING_PACKET_LEASE", "60"))
# A Word file's conversion may take 110 s, the time limit of its task.
PDF_COPY_LEASE_SECONDS = int(os.environ.get("CLOSING_PDF_COPY_LEASE", "150"))
# The same for an executed version and a closing book, which say how far they are and so keep their lease.
BOOK_LEASE_SECONDS = int(os.environ.get("CLOSING_BOOK_LEASE", "300"))
# A paper about money is a page or a few; longer than the task's time limit.
MONEY_PAPER_LEASE_SECONDS = int(os.environ.get("CLOSING_MONEY_PAPER_LEASE", "150"))
# A worker that reads scans says how far it is within this, also where a page takes it the minute that it may.
RETURN_LEASE_SECONDS = int(os.environ.get("CLOSING_RETURN_LEASE", "180"))
CELERY_BEAT_SCHEDULE = {
    "sweep-returned-files": {"task": "closing.tasks.returns.sweep_returned_files", "schedule": 60.0},
    "sweep-executed": {"task": "closing.tasks.executed.sweep_executed", "schedule": 60.0},
    "sweep-books": {"task": "closing.tasks.books.sweep_books", "schedule": 60.0},
    "sweep-money-papers": {"task": "closing.tasks.money_papers.sweep_money_papers", "schedule": 60.0},
    "sweep-pdf-copies": {"task": "closing.tasks.pdf_copies.sweep_pdf_copies", "schedule": 60.0},
    "sweep-packets": {"task": "closing.tasks.packets.sweep_packets", "schedule": 60.0},
    "sweep-signed-pages": {"task": "closing.tasks.signing.sweep_signed_pages", "schedule": 60.0},
    "send-due-reminders": {
        "task": "closing.tasks.reminders.send_due_reminders",
        "schedule": 60.0,
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("CLOSING_LOG_LEVEL", "WARNING")},
}

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ALLOWED_HOSTS = ["*"]
    # Tests make the tables off the models, which takes a tenth of the time; a test of the runtime
    # holds the migrations to the same schema.
    PGTRIGGER_INSTALL_ON_MIGRATE = True
    # Every test client is a server of its own, which would read all static files before its first answer.
    WHITENOISE_AUTOREFRESH = True
