"""Every address of the room as every role and as a stranger; an address without a row here fails."""

import pytest
from django.db import transaction

from tests.web.role_table import TABLE, addresses
from tests.web.world import ROLES, World

pytestmark = pytest.mark.django_db


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert sorted(addresses()) == sorted(TABLE)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", addresses())
def test_what_each_role_is_answered(world: World, name: str, method: str) -> None:
    row = TABLE[name]
    told = {role: status(world, role, method, row.url(world, name)) for role in ROLES}
    assert told == dict(zip(ROLES, map(int, getattr(row, method).split()), strict=True))


def status(world: World, role: str, method: str, url: str) -> int:
    """The status of an answer; what it did is taken back."""
    with transaction.atomic():
        response = getattr(world.client(role), method)(url, {"form_key": ""})
        if response.streaming:
            b"".join(response.streaming_content)  # closes the file
        transaction.set_rollback(True)
    code: int = response.status_code
    return code
