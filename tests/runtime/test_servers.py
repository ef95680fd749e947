"""The embedded servers that the tests themselves run on."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_a_real_postgresql_with_the_settings_of_the_deployment() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (version,) = cursor.fetchone()
        cursor.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname='closing'")
        assert cursor.fetchone() == ("b", "C.UTF-8")
    assert int(version) >= 160000
