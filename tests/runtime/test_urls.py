"""Addresses in the environment."""

import pytest

from closing.runtime.paths import RuntimeProblem
from closing.runtime.urls import MailServer, database_settings, is_true, mail_server


def test_a_database_url_is_read_with_escaped_characters_and_driver_options() -> None:
    found = database_settings("postgres://a%40b:p%2Fw@db.example:6432/room?sslmode=require")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "room",
        "USER": "a@b",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://a:b@c/d", "begins with mysql://.*PostgreSQL only"),
        ("room.sqlite3", "begins with nothing://"),
        ("postgresql://a:b@c:5432/", "names no database"),
    ],
)
def test_another_kind_of_database_is_refused(url: str, told: str) -> None:
    with pytest.raises(RuntimeProblem, match=told):
        database_settings(url)


def test_a_mail_server_has_the_port_that_its_security_implies() -> None:
    assert mail_server("smtp://relay.example") == MailServer("relay.example", 25, "", "", use_tls=False, use_ssl=False)
    assert mail_server("smtp://me:pw@relay.example?tls=1") == MailServer(
        "relay.example", 587, "me", "pw", use_tls=True, use_ssl=False
    )
    assert mail_server("smtps://relay.example:4650").port == 4650
    with pytest.raises(RuntimeProblem, match="EMAIL_URL should look like"):
        mail_server("relay.example:25")


@pytest.mark.parametrize(("text", "means"), [("1", True), (" Yes ", True), ("on", True), ("0", False), (None, False)])
def test_yes_in_the_environment(text: str | None, means: bool) -> None:
    assert is_true(text) is means
