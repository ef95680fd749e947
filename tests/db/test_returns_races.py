"""Two counsel at one returned page at once: it is filed once, and the second is told so."""

from collections.abc import Iterator

import pytest

from closing.actions.base import ActionRefused
from closing.actions.deals import load_deal, open_accounts
from closing.actions.return_filing import assign, confirm, set_aside
from closing.models import Counterpart, Deal, Event, ReturnedPage, Signature
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.db.turns import Turns
from tests.returned import Sheet, page_of, read_in, send_packets, sent_out
from tests.rules.any_facts import CERPLEX

pytestmark = pytest.mark.django_db(transaction=True)

ANDREA = "Andrea Martin"
AGREEMENT, RIGHTS = "stock-purchase-agreement", "registration-rights-agreement"


@pytest.fixture
def deal(transactional_db: None) -> Iterator[Deal]:
    with clock.fixed(MONDAY):
        row = load_deal(CERPLEX)
        open_accounts(row)
        send_packets(row, ANDREA)
        yield row


def both(deal: Deal) -> tuple[User, User]:
    company, investors = (User.objects.get(memberships__deal=deal, memberships__role=f"{side}-counsel") for side in
                          ("company", "investors"))  # fmt: skip
    return company, investors


def test_the_same_page_confirmed_by_both_is_filed_once(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    company, investors = both(deal)
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    turns = Turns(monkeypatch)
    first, second = turns.run(lambda: confirm(page, company), lambda: confirm(page, investors))
    assert turns.waited
    assert isinstance(first, ReturnedPage)
    assert isinstance(second, ReturnedPage), second
    assert first.signature == second.signature
    assert second.settled_by == company
    assert (Signature.objects.count(), Counterpart.objects.count()) == (1, 1)
    assert Event.objects.filter(verb="returned-page-filed").count() == 1


def test_without_the_lock_only_the_database_stands_in_the_way(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    company, investors = both(deal)
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    turns = Turns(monkeypatch)
    turns.without_the_lock()
    first, second = turns.run(lambda: confirm(page, company), lambda: confirm(page, investors))
    assert isinstance(first, ReturnedPage)
    assert isinstance(second, ActionRefused), "the second tried to file it again"
    assert Signature.objects.count() == 1


def test_two_scans_of_one_page_are_filed_once(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    company, investors = both(deal)
    blank = sent_out(deal, ANDREA)[AGREEMENT]
    one, two = read_in(deal, Sheet(blank), Sheet(blank, seed=7))
    first, second = Turns(monkeypatch).run(lambda: confirm(one, company), lambda: confirm(two, investors))
    assert isinstance(first, ReturnedPage)
    assert isinstance(second, ActionRefused)
    assert "on file already" in str(second)
    assert Counterpart.objects.count() == 1


def test_a_page_of_the_tray_goes_to_one_place(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    company, investors = both(deal)
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT], is_spoiled=True))
    here, there = page_of(deal, AGREEMENT, ANDREA), page_of(deal, RIGHTS, ANDREA)
    first, second = Turns(monkeypatch).run(lambda: assign(page, here, company), lambda: assign(page, there, investors))
    assert isinstance(first, ReturnedPage)
    assert isinstance(second, ActionRefused)
    assert "as another one meanwhile" in str(second)
    assert ReturnedPage.objects.get().page == here
    assert Signature.objects.count() == 1


def test_filed_and_set_aside_at_once_is_filed(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    company, investors = both(deal)
    (page,) = read_in(deal, Sheet(sent_out(deal, ANDREA)[AGREEMENT]))
    first, second = Turns(monkeypatch).run(
        lambda: confirm(page, company), lambda: set_aside(page, "Not this one.", investors)
    )
    assert isinstance(first, ReturnedPage)
    assert isinstance(second, ActionRefused)
    assert ReturnedPage.objects.get().state == "filed"
