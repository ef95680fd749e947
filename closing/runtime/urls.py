"""Reads DATABASE_URL and EMAIL_URL: the address of a server and how to reach it, in one line."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from closing.runtime.paths import RuntimeProblem

_TRUE = {"1", "true", "yes", "on"}


def is_true(text: str | None) -> bool:
    """Whether a variable of the environment says yes."""
    return (text or "").strip().lower() in _TRUE


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for postgresql://user:password@host:port/name?sslmode=require.

    What stands after the question mark goes to the driver as it is. Raises RuntimeProblem for
    another kind of database.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise RuntimeProblem(
            f"DATABASE_URL begins with {parts.scheme or 'nothing'}://, and the closing room keeps "
            "its data in PostgreSQL only: postgresql://user:password@host:5432/name"
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise RuntimeProblem("DATABASE_URL names no database: postgresql://user:pw@host:5432/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {key: values[-1] for key, values in parse_qs(parts.query).items()},
    }


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str
    use_tls: bool
    use_ssl: bool


def mail_server(url: str) -> MailServer:
    """The mail server of smtp://user:password@host:587?tls=1, or smtps:// (TLS from the start)."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise RuntimeProblem("EMAIL_URL should look like smtp://user:password@host:587?tls=1")
    secure = parts.scheme == "smtps"
    tls = is_true(parse_qs(parts.query).get("tls", [""])[-1])
    return MailServer(
        host=parts.hostname,
        port=parts.port or (465 if secure else 587 if tls else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=tls and not secure,
        use_ssl=secure,
    )
