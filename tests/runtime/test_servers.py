"""The embedded servers: private, found by others, kept through a kill, ended with their owner."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import connection

from closing.runtime import servers
from tests.runtime.project import (
    announced,
    manage,
    processes_of,
    start_owner,
    wait_for,
)


@pytest.mark.django_db
def test_the_database_is_a_real_postgresql_with_the_settings_of_the_deployment() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (version,) = cursor.fetchone()
        cursor.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()")
        assert cursor.fetchone() == ("b", "C.UTF-8")
    assert int(version) >= 160000


def test_servers_ask_for_a_password_and_only_their_owner_can_read_it(state: Path) -> None:
    with servers.own(state, "test", durable=False) as owned:
        running = owned.running
        for name in ("servers.json", "database-password", "valkey-password"):
            assert (state / name).stat().st_mode & 0o777 == 0o600
        password = (state / "database-password").read_text()
        with psycopg.connect(running.database_url) as open_door:
            assert open_door.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(running.database_url.replace(password, "wrong"))
        port = int(running.redis_url.rsplit(":", 1)[1].split("/")[0])
        with (
            redis.Redis(port=port) as stranger,
            pytest.raises(redis.AuthenticationError, match=r"already authenticated|Authentication req"),
        ):
            stranger.ping()
    assert processes_of(state) == []


def test_a_second_owner_is_refused_and_told_who_the_first_is(state: Path) -> None:
    with (
        servers.own(state, "first", durable=False),
        pytest.raises(servers.StateInUse, match=rf"first.*process {os.getpid()}"),
        servers.own(state, "second", durable=False, patience=0.1),
    ):
        raise AssertionError("the second owner was let in")


@pytest.mark.slow
def test_a_kill_of_the_owner_ends_the_servers_and_keeps_what_was_committed(state: Path) -> None:
    owner = start_owner(state)
    url = str(announced(state)["database_url"])
    with psycopg.connect(url, autocommit=True) as before:
        before.execute("CREATE TABLE kept (what text)")
        before.execute("INSERT INTO kept VALUES ('this')")
    owner.kill()
    owner.wait()
    wait_for(lambda: not processes_of(state), "end of the servers", 20)
    assert servers.find(state) is None
    with (
        servers.own(state, "again", durable=True) as owned,
        psycopg.connect(owned.running.database_url) as after,
    ):
        assert after.execute("SELECT what FROM kept").fetchone() == ("this",)


@pytest.mark.slow
def test_an_orphaned_server_is_ended_before_its_data_is_used_again(state: Path) -> None:
    owner = start_owner(state)
    postmaster = int((state / "postgres/data/postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGSTOP)  # so that it cannot hear of its parent's end yet
    owner.kill()
    owner.wait()
    assert any("postgres" in line for line in processes_of(state))
    os.kill(postmaster, signal.SIGCONT)
    with servers.own(state, "again", durable=True) as owned:
        again = (state / "postgres/data/postmaster.pid").read_text().splitlines()[0]
        assert int(again) != postmaster
        assert owned.database.child.pid == int(again)


@pytest.mark.slow
def test_a_command_uses_running_servers_else_starts_them_for_itself(state: Path) -> None:
    alone = manage("shell", "-v", "0", "-c", "print('alone')", state=state)
    assert (alone.returncode, alone.stdout) == (0, "alone\n"), alone.stderr
    assert processes_of(state) == []
    owner = start_owner(state)
    try:
        asked = "from django.conf import settings; print(settings.DATABASES['default']['PORT'])"
        joined = manage("shell", "-v", "0", "-c", asked, state=state)
        port = str(announced(state)["database_url"]).rsplit(":", 1)[1].split("/")[0]
        assert (joined.returncode, joined.stdout) == (0, f"{port}\n"), joined.stderr
    finally:
        owner.terminate()
        owner.wait()
