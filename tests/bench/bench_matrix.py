"""The overview of a deal of 1,000 investors, against a page of as many bytes with nothing in it."""

from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from closing.actions.deals import load_deal
from closing.actions.facts import load_facts
from closing.models import Deal, Membership
from investors import clock
from investors.models import User
from tests.bench.framework import Measured, benchmark, interleaved
from tests.bench.many import deal_of, half_in
from tests.rules.build import LATE

INVESTORS = 1_000


@benchmark(name="matrix-page-1000", unit="ms", goal=3.0)
def matrix_page_1000() -> Measured:
    """A page of the matrix, what is owed and the figures; both signed in, through every middleware, with no network.

    Halfway to the closing, and as counsel turn its pages: nothing is recorded between one look and the next. The floor
    is the frame of the same page, filled to the same number of bytes.
    """
    here = override_settings(ROOT_URLCONF="tests.bench.filled_page")
    with here, clock.fixed(LATE), transaction.atomic():
        deal, client = _counsel_of(INVESTORS)
        ours = reverse("overview", args=[deal.code])
        frame = reverse("filled", args=[deal.code])
        missing = len(_get(client, ours)) - len(_get(client, f"{frame}?size=0"))
        filled = f"{frame}?size={missing}"
        assert len(_get(client, filled)) == len(_get(client, ours))
        measured = interleaved(
            lambda: _get(client, ours), lambda: _get(client, filled), rounds=25, warmups=3, scale=1000
        )
        transaction.set_rollback(True)
    return measured


def _counsel_of(count: int) -> tuple[Deal, Client]:
    of = deal_of(count)
    deal = load_deal(of)
    load_facts(deal, half_in(of))
    user = User.objects.create_user("counsel@closing-room.example", name="Counsel")
    Membership.objects.create(deal=deal, user=user, role=Membership.Roles.COMPANY_COUNSEL)
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return deal, client


def _get(client: Client, address: str) -> bytes:
    answer = client.get(address)
    if answer.status_code != 200:
        raise AssertionError(f"{address} answered {answer.status_code}")
    return answer.content
