"""The two pages that counsel look at all day, against an empty page of the same server.

The Cerplex deal, 15 investors and 14 conditions, with its opening facts; a signed-in client and every
middleware, without a network. The empty page is the same frame with nothing in it. Nothing is recorded between one
look and the next, so terms and facts are read once (closing.queries.gates), and their version each time.
"""

from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from investors import clock
from tests.bench.framework import Measured, benchmark, interleaved
from tests.web.world import MONDAY, World, make_world

ROUNDS = 25


def _page(name: str) -> Measured:
    here = override_settings(ROOT_URLCONF="tests.bench.empty_page")
    with here, clock.fixed(MONDAY), transaction.atomic():
        world = make_world()
        client = world.client("company")
        ours, empty = _address(world, name), _address(world, "empty")
        measured = interleaved(
            lambda: _get(client, ours), lambda: _get(client, empty), rounds=ROUNDS, warmups=3, scale=1000
        )
        transaction.set_rollback(True)
    return measured


def _address(world: World, name: str) -> str:
    return reverse(name, args=[world.deal.code])


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise AssertionError(f"{address} answered {answer.status_code}")


@benchmark(name="overview-page", unit="ms", goal=4.0)
def overview_page() -> Measured:
    return _page("overview")


@benchmark(name="conditions-page", unit="ms", goal=3.0)
def conditions_page() -> Measured:
    return _page("conditions")
