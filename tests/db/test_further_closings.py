"""Closings after the first: for those left out, up to the maximum, nothing twice, and with walls in the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from closing.actions.base import ActionRefused
from closing.actions.closings import close_deal
from closing.actions.conditions import record_facts, take_back
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts, record_fact, withdraw_fact
from closing.actions.latches import agree_for_issuer
from closing.actions.payments import record_payment, return_payment
from closing.actions.reminders import queue_due_reminders
from closing.models import Closing, Deal, Event, Opinion, Payment, PostClosingItem, Reimbursement, Signature, SignOff
from closing.queries.books import plan_of
from closing.queries.closings import closed_deals, is_closed
from closing.queries.executed import counterparts_of, recipe_of
from closing.queries.gates import gate_of
from closing.queries.portal import portal_page
from closing.rules import facts
from closing.rules.facts_file import read_facts
from investors import clock
from investors.models import Certificate, User
from tests.rules.any_facts import CERPLEX, SAMPLES

ELEVEN = datetime.fromisoformat("1996-06-10T11:05-07:00")
UNTIL = date(1996, 7, 31)
FURTHER = replace(CERPLEX, closing=replace(CERPLEX.closing, further_closings=True, further_until=UNTIL))
ANDREA = "Andrea Martin"
REST = tuple(each.name for each in CERPLEX.investors if each.name != ANDREA)


@pytest.fixture
def eleven() -> Iterator[datetime]:
    with clock.fixed(ELEVEN):
        yield ELEVEN


@pytest.fixture
def short(db: None, eleven: datetime) -> Deal:
    """The Cerplex deal, with further closings allowed, closed for all but Andrea Martin, whose wire came back."""
    deal = load_deal(FURTHER)
    open_accounts(deal)
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    load_facts(deal, read_facts(path.read_text(), CERPLEX, path.name))
    return_payment(Payment.objects.get(allotment__investor__name=ANDREA, withdrawn_at=None), "No funds", None)
    close_deal(deal, None, expected=REST, leave_out_confirmed=True)
    return deal


def counsel() -> User:
    return User.objects.get(memberships__role="company-counsel")


def pay(deal: Deal) -> None:
    record_payment(deal, None, investor=ANDREA, amount=Decimal(10000))


class TestTheSecond:
    @pytest.fixture
    def second(self, short: Deal) -> Closing:
        with clock.fixed(ELEVEN + timedelta(hours=1)):
            pay(short)
            return close_deal(short, None, expected=[ANDREA])

    def test_is_number_two_with_the_next_certificate(self, short: Deal, second: Closing) -> None:
        assert (second.number, second.shares) == (2, 10)
        assert Certificate.objects.order_by("-id")[0].number == "B-15"
        assert list(Closing.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
        after = gate_of(short, ELEVEN + timedelta(hours=2))
        assert [len(each.investors) for each in after.facts.closings] == [14, 1]
        assert after.is_closed
        told = Event.objects.filter(verb="deal-closed").order_by("id").values_list("summary", flat=True)
        assert [each.partition(":")[0] for each in told] == [
            "The closing was effected for 14 investors",
            "A further closing was effected for 1 investor",
        ]

    def test_reimburses_nothing_twice(self, second: Closing) -> None:
        fixed = Reimbursement.objects.order_by("id").values_list("closing__number", "fees", "expenses")
        assert list(fixed) == [(1, Decimal("23480.00"), Decimal("1212.40")), (2, Decimal(0), Decimal(0))]

    def test_releases_what_was_left_and_opens_its_own_filings(self, second: Closing) -> None:
        assert not Signature.objects.filter(withdrawn_at=None, released_at=None).exists()
        items = PostClosingItem.objects.filter(closing=second)
        assert {each.key.partition("-")[0] for each in items} == {"filing"}

    def test_the_same_again_is_the_same(self, short: Deal, second: Closing) -> None:
        with clock.fixed(ELEVEN + timedelta(hours=2)):
            assert close_deal(short, None, expected=[ANDREA]) == second
            assert close_deal(short, None, expected=()) == second
        assert Closing.objects.count() == 2

    def test_books_and_executed_versions_take_in_the_new_pages(self, short: Deal) -> None:
        rights = next(each for each in CERPLEX.deliverables if "2(a)(viii)" in each.serves and each.signed_by)
        frozen = ELEVEN - timedelta(days=20)
        said = facts.ExecutionVersion(at=frozen, document=rights.key, version="ab" * 32, number=1, blank_pages=(2,))
        gate = gate_of(short)
        before = replace(gate, facts=replace(gate.facts, execution_versions=(said,)))
        one, plan = recipe_of(before, rights, counterparts_of(short)), plan_of(short, gate)
        with clock.fixed(ELEVEN + timedelta(hours=1)):
            pay(short)
            close_deal(short, None, expected=[ANDREA])
            gate = gate_of(short)
            after = replace(gate, facts=replace(gate.facts, execution_versions=(said,)))
            two, later = recipe_of(after, rights, counterparts_of(short)), plan_of(short, gate)
        assert {each.block for each in two.parts} - {each.block for each in one.parts} == {"andrea-martin"}
        assert (one.key, plan.key) != (two.key, later.key)
        assert ANDREA in {name for name, _ in later.parties} - {name for name, _ in plan.parties}
        assert "11:05 a.m." in later.subtitle[1]
        assert "12:05 p.m." in later.subtitle[1]

    def test_each_has_its_own_record(self, short: Deal, second: Closing) -> None:
        first, other = closed_deals(short, counsel(), ELEVEN.date())
        assert [len(each.certificates) for each in (first, other)] == [14, 1]
        andrea = User.objects.get(name=ANDREA)
        seen = closed_deals(short, andrea, ELEVEN.date())
        assert [[row.number for row in each.certificates] for each in seen] == [[], ["B-15"]]


class TestInBetween:
    def test_nobody_who_closed_closes_again(self, short: Deal) -> None:
        first = Closing.objects.get()
        assert close_deal(short, None, expected=REST, leave_out_confirmed=True) == first
        with pytest.raises(ActionRefused, match="No investor is ready"):
            close_deal(short, None, expected=())
        assert Closing.objects.count() == 1

    def test_the_facts_of_who_was_left_out_still_change(self, short: Deal) -> None:
        row = SignOff.objects.get(party=ANDREA, withdrawn_at=None)
        take_back(row, "On second thought", counsel_of_investors())
        said = facts.SignOff(at=ELEVEN, section="2(a)(vii)", party=ANDREA)
        record_facts(short, [said], counsel_of_investors())
        pay(short)
        late = Payment.objects.get(allotment__investor__name=ANDREA, withdrawn_at=None)
        return_payment(late, "Returned", None)

    def test_what_the_first_stood_on_does_not(self, short: Deal) -> None:
        for row in (
            Opinion.objects.get(withdrawn_at=None),
            SignOff.objects.get(party=REST[0], withdrawn_at=None),
            Payment.objects.filter(allotment__investor__name=REST[0], withdrawn_at=None)[0],
        ):
            with pytest.raises(ActionRefused, match="The deal has closed on this"):
                withdraw_fact(row, "No", None)

    def test_nothing_more_is_stated_for_who_has_closed(self, short: Deal) -> None:
        said = facts.SignOff(at=ELEVEN, section="2(a)(vii)", party=REST[0])
        with pytest.raises(ActionRefused, match=f"{REST[0]} has closed"):
            record_facts(short, [said], counsel_of_investors())

    def test_the_portal_says_what_is_still_possible(self, short: Deal) -> None:
        andrea = User.objects.get(name=ANDREA)
        row = short.allotments.get(investor__name=ANDREA)
        page = portal_page(short, andrea, row)
        assert page.headline == "One thing to do before today’s closing"
        assert page.closed is None
        assert "took place without you. You may still close, until July 31, 1996" in page.further
        with clock.fixed(datetime.fromisoformat("1996-08-01T09:00-07:00")):
            late = portal_page(short, andrea, row)
        assert late.headline == "The closing of June 10, 1996 took place without you"
        assert (late.further, late.closed is None) == ("", False)

    def test_the_day_it_gives_is_the_last(self, short: Deal) -> None:
        assert not is_closed(short, datetime.fromisoformat("1996-07-31T23:59-07:00"))
        assert is_closed(short, datetime.fromisoformat("1996-08-01T00:00-07:00"))
        with clock.fixed(datetime.fromisoformat("1996-08-01T09:00-07:00")):
            assert close_deal(short, None, expected=[ANDREA]) == Closing.objects.get()

    def test_an_amendment_may_allow_it_later_and_changes_nothing_else(self, short: Deal) -> None:
        longer = replace(FURTHER, closing=replace(FURTHER.closing, further_until=date(1996, 9, 30)))
        load_deal(longer)
        short.refresh_from_db()
        assert not is_closed(short, datetime.fromisoformat("1996-08-01T00:00-07:00"))
        with pytest.raises(ActionRefused, match="its terms are fixed"):
            load_deal(replace(longer, name="Another name"))


def counsel_of_investors() -> User:
    return User.objects.get(memberships__role="investors-counsel")


def test_reminders_of_a_further_closing_go_to_those_who_owe_something_for_it(short: Deal) -> None:
    to = datetime.fromisoformat("1996-07-01T11:00-07:00")
    said = facts.Proposal(at=ELEVEN, key="further", matter="move-closing", to=to)
    with clock.fixed(ELEVEN + timedelta(minutes=1)):
        row = record_fact(short, replace(said, at=ELEVEN + timedelta(minutes=1)), None)
        agree_for_issuer(row, None)
        yes = facts.Approval(at=ELEVEN + timedelta(minutes=1), proposal="further", investor=ANDREA, written=False)
        record_fact(short, yes, None)
        assert gate_of(short).closing.at == to
    with clock.fixed(to - timedelta(days=1)):
        written = {each.person for each in queue_due_reminders(short)}
    assert ANDREA in written
    assert not {"Robert Finzi", "Emily Fairbairn", "Nitin T. Mehta"} & written, "they have closed"


class TestWalls:
    def insert(self, deal: Deal, number: int = 2, shares: int = 10) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO closing_closing (deal_id, number, at, shares, purchase_price, fees_reimbursed, "
                "expenses_reimbursed, survival_until, digest) VALUES (%s, %s, now(), %s, %s, 0, 0, '1997-12-10', '')",
                [deal.pk, number, shares, shares * 1000],
            )

    def test_the_numbers_follow_each_other(self, short: Deal) -> None:
        for number in (1, 3):
            with pytest.raises(IntegrityError, match="the next closing is number 2"):
                self.insert(short, number=number)
        self.insert(short)

    def test_no_share_past_the_maximum(self, short: Deal) -> None:
        with pytest.raises(IntegrityError, match="7990 shares are closed, so 11 more pass the maximum of 8000"):
            self.insert(short, shares=11)

    def test_no_second_where_the_agreement_has_one(self, short: Deal) -> None:
        load_deal(CERPLEX)
        with pytest.raises(IntegrityError, match="the agreement has one closing"):
            self.insert(short)

    def test_a_day_for_further_closings_belongs_to_them(self, short: Deal) -> None:
        with pytest.raises(IntegrityError, match="deal_further_until"), transaction.atomic():
            Deal.objects.filter(pk=short.pk).update(further_closings=False)

    def test_what_was_reimbursed_is_never_changed(self, short: Deal) -> None:
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Reimbursement.objects.update(fees=1)
