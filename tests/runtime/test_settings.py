"""What the environment makes of the settings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from closing.runtime.paths import PROJECT
from tests.runtime.project import clean_environment

SHOW = """
import json, sys
from closing import settings
print(json.dumps({name: getattr(settings, name, None) for name in sys.argv[1:]}, default=str))
"""


def shown(state: Path, *names: str, **variables: str) -> dict[str, object]:
    """These settings in another process with these variables."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *names],
        cwd=PROJECT,
        env=clean_environment(CLOSING_STATE=str(state), **variables),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_nothing_set_is_safe_and_keeps_its_own_secret(tmp_path: Path) -> None:
    names = ("DEBUG", "SECRET_KEY", "EMAIL_IS_FILES", "AXES_ENABLED", "TESTING", "ALLOWED_HOSTS")
    found = shown(tmp_path, *names)
    secret = (tmp_path / "secret-key").read_text()
    assert found == {
        "DEBUG": False,
        "SECRET_KEY": secret,
        "EMAIL_IS_FILES": True,
        "AXES_ENABLED": True,
        "TESTING": False,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    }
    assert len(secret) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert shown(tmp_path, "SECRET_KEY")["SECRET_KEY"] == secret


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mounted"
    file.write_text("from a file\n")
    assert shown(tmp_path, "SECRET_KEY", SECRET_KEY_FILE=str(file)) == {"SECRET_KEY": "from a file"}


def test_https_closes_the_cookies_and_redirects(tmp_path: Path) -> None:
    names = (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
    )
    assert all(shown(tmp_path, *names, CLOSING_HTTPS="1").values())
    assert not any(shown(tmp_path, *names).values())


def test_only_a_process_that_asks_for_it_pools_its_connections(tmp_path: Path) -> None:
    plain = shown(tmp_path, "DATABASES")["DATABASES"]
    pooled = shown(tmp_path, "DATABASES", CLOSING_DB_POOL="3")["DATABASES"]
    assert plain["default"]["OPTIONS"] == {}  # type: ignore[index]
    assert pooled["default"]["OPTIONS"]["pool"]["max_size"] == 3  # type: ignore[index]


def test_a_mail_server_takes_the_place_of_the_files(tmp_path: Path) -> None:
    names = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_IS_FILES")
    found = shown(tmp_path, *names, EMAIL_URL="smtp://relay.example:2525")
    assert list(found.values()) == [
        "django.core.mail.backends.smtp.EmailBackend",
        "relay.example",
        2525,
        False,
    ]


@pytest.mark.parametrize("command", ["gate", "help", "check", "version"])
def test_some_commands_answer_without_a_database(command: str, tmp_path: Path) -> None:
    arguments = {"gate": ["closing/samples/cerplex-1996.toml"]}.get(command, [])
    done = subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=PROJECT,
        env=clean_environment(CLOSING_STATE=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not (tmp_path / "postgres").exists()
