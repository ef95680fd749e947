"""The closing: once, all or nothing, for whom it was confirmed, and what it leaves behind."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections

from closing.actions import closings
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.closing_confirmations import confirm_closing
from closing.actions.closing_steps import STEPS, Effect
from closing.actions.closings import close_deal, finish_item
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts
from closing.actions.fee_payments import record_fee_payment
from closing.actions.payments import record_payment, return_payment
from closing.models import Bill, ClosedAllotment, Closing, Deal, Event, Payment, PostClosingItem, Signature
from closing.queries.closing_page import close_page
from closing.queries.closings import closed_deals
from closing.queries.gates import gate_of
from closing.rules.access import Role
from closing.rules.facts_file import read_facts
from closing.rules.terms import LineKind, Side
from investors import clock
from investors.models import Certificate, Investor, LedgerEntry, ShareClass, User
from tests.rules.any_facts import CERPLEX, SAMPLES

ELEVEN = datetime.fromisoformat("1996-06-10T11:00-07:00")
ALL = tuple(each.name for each in CERPLEX.investors)


def on_closing_day() -> Deal:
    deal = load_deal(CERPLEX)
    open_accounts(deal)
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    load_facts(deal, read_facts(path.read_text(), CERPLEX, path.name))
    return deal


@pytest.fixture
def eleven() -> Iterator[datetime]:
    with clock.fixed(ELEVEN):
        yield ELEVEN


@pytest.fixture
def deal(db: None, eleven: datetime) -> Deal:
    """The Cerplex deal on the day of its closing, with everything in."""
    return on_closing_day()


def counsel(role: Role = Role.COMPANY_COUNSEL) -> User:
    return User.objects.get(memberships__role=role.value)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of both buildings."""
    models = [*apps.get_app_config("closing").get_models(), *apps.get_app_config("investors").get_models()]
    return {model.__name__: sorted(model._default_manager.values_list(), key=repr) for model in models}


class TestTheWholeDeal:
    @pytest.fixture
    def closing(self, deal: Deal) -> Closing:
        return close_deal(deal, None, expected=ALL)

    def test_everybody_gets_a_certificate_in_schedule_a_order(self, closing: Closing) -> None:
        rows = Certificate.objects.order_by("id")
        assert [(row.number, row.registered_name, row.shares) for row in rows] == [
            (f"B-{at}", each.name, each.shares) for at, each in enumerate(CERPLEX.investors, start=1)
        ]
        assert all(row.legends == list(CERPLEX.security.legends) for row in rows)
        assert {row.issued_on for row in rows} == {date(1996, 6, 10)}

    def test_totals(self, closing: Closing) -> None:
        assert (closing.shares, closing.purchase_price) == (8000, Decimal(8000000))
        assert (closing.fees_reimbursed, closing.expenses_reimbursed) == (Decimal("23480.00"), Decimal("1212.40"))
        assert closing.survival_until == date(1997, 12, 10)
        assert ClosedAllotment.objects.filter(closing=closing).count() == 15

    def test_the_ledger_has_it_in_the_preferred(self, deal: Deal, closing: Closing) -> None:
        entries = LedgerEntry.objects.filter(share_class=deal.share_class)
        assert entries.count() == 15
        assert sum(entry.shares for entry in entries) == 8000
        assert deal.share_class.kind == ShareClass.Kind.PREFERRED
        assert {entry.certificate_id for entry in entries} == set(Certificate.objects.values_list("id", flat=True))

    def test_every_signature_is_released(self, deal: Deal, closing: Closing) -> None:
        assert set(Signature.objects.filter(withdrawn_at=None).values_list("released_at", flat=True)) == {ELEVEN}
        pages = gate_of(deal).signatures
        assert (pages.pages, pages.signed, pages.in_escrow, pages.released) == (36, 36, 0, 36)

    def test_reports_and_inspection_for_four(self, closing: Closing) -> None:
        for section in ("5(a)", "5(b)"):
            headings = PostClosingItem.objects.filter(section=section).values_list("heading", flat=True)
            assert len(headings) == 4
        dues = PostClosingItem.objects.filter(key__startswith="filing-").values_list("due_on", flat=True)
        assert list(dues) == [date(1996, 6, 25)] * 3

    def test_every_thing_that_matters_is_on_record(self, deal: Deal, closing: Closing) -> None:
        verbs = Counter(Event.objects.filter(deal=deal).values_list("verb", flat=True))
        assert verbs["deal-closed"] == 1
        assert verbs["certificate-issued"] == 15
        told = Event.objects.get(verb="deal-closed")
        assert (told.actor, told.at) == (None, ELEVEN)
        assert len(told.data["investors"]) == 15
        assert told.data["purchase_price"] == "8000000.00"
        assert told.data["survival_until"] == "1997-12-10"

    def test_twice_is_once(self, deal: Deal, closing: Closing) -> None:
        before = everything()
        assert close_deal(deal, None, expected=()) == closing
        assert everything() == before

    def test_the_gate_reads_it_back(self, deal: Deal, closing: Closing) -> None:
        (closed,) = gate_of(deal).facts.closings
        assert closed.investors == ALL

    def test_an_investor_sees_its_own_certificates_and_no_totals(self, deal: Deal, closing: Closing) -> None:
        andrea = User.objects.get(name="Andrea Martin")
        (seen,) = closed_deals(deal, andrea, date(1996, 6, 11))
        assert [row.investor for row in seen.certificates] == ["Andrea Martin"]
        assert (seen.shares, seen.purchase_price, seen.items) == (10, Decimal("10000.00"), ())
        (whole,) = closed_deals(deal, counsel(), date(1996, 6, 26))
        assert whole.shares == 8000
        assert sum(item.is_overdue for item in whole.items) == 3

    def test_an_item_is_finished_once(self, closing: Closing) -> None:
        item = PostClosingItem.objects.get(key="filing-form-d")
        assert finish_item(item, counsel(), "Filed June 12").done_at == ELEVEN
        with clock.fixed(ELEVEN + timedelta(days=3)):
            assert finish_item(item, counsel()).note == "Filed June 12"
        assert Event.objects.filter(verb="post-closing-item-finished").count() == 1

    def test_counsel_is_paid_after_it_and_up_to_the_cap(self, deal: Deal, closing: Closing) -> None:
        bill = Bill.objects.get()
        record_fee_payment(deal, counsel(), bill=bill, kind=LineKind.FEE, amount=Decimal("23480.00"))
        assert gate_of(deal).fees[0].payable_room == Decimal("1520.00")


class TestWhoIsLeftOut:
    @pytest.fixture
    def short(self, deal: Deal) -> Deal:
        """Andrea Martin's wire came back."""
        return_payment(Payment.objects.get(allotment__investor__name="Andrea Martin", withdrawn_at=None), "No", None)
        return deal

    def rest(self) -> tuple[str, ...]:
        return tuple(name for name in ALL if name != "Andrea Martin")

    def test_is_named_and_must_be_confirmed(self, short: Deal) -> None:
        before = everything()
        with pytest.raises(ActionRefused, match="would leave out Andrea Martin"):
            close_deal(short, None, expected=self.rest())
        assert everything() == before

    def test_gets_nothing_and_its_pages_stay_in_escrow(self, short: Deal) -> None:
        closing = close_deal(short, None, expected=self.rest(), leave_out_confirmed=True)
        assert (closing.shares, closing.purchase_price) == (7990, Decimal(7990000))
        assert not Certificate.objects.filter(registered_name="Andrea Martin").exists()
        in_escrow = Signature.objects.filter(released_at=None, withdrawn_at=None)
        assert set(in_escrow.values_list("block__key", flat=True)) == {"andrea-martin"}
        assert Event.objects.get(verb="deal-closed").data["left_out"] == ["Andrea Martin"]
        assert [row.number for row in Certificate.objects.order_by("id")] == [f"B-{n}" for n in range(1, 15)]

    def test_a_list_that_changed_since_is_refused(self, short: Deal) -> None:
        record_payment(short, None, investor="Andrea Martin", amount=Decimal(10000))
        with pytest.raises(ActionRefused, match="The list changed since you looked at it: Andrea Martin became ready"):
            close_deal(short, None, expected=self.rest(), leave_out_confirmed=True)
        assert not Closing.objects.exists()


class TestRefusals:
    @pytest.mark.parametrize("name", ["Frederic A. Randall, Jr.", "Stradling, Yocca, Carlson & Rauth", "Andrea Martin"])
    def test_nobody_closes_alone(self, deal: Deal, name: str) -> None:
        user: Any = User.objects.get(name=name)
        with pytest.raises(NotAllowed, match="Nobody closes alone"):
            close_deal(deal, user, expected=ALL)

    def test_not_on_another_day(self, deal: Deal) -> None:
        with clock.fixed(ELEVEN + timedelta(days=1)), pytest.raises(ActionRefused, match="move it first"):
            close_deal(deal, None, expected=ALL)

    def test_not_past_the_authorized_number(self, deal: Deal) -> None:
        ShareClass.objects.filter(pk=deal.share_class_id).update(authorized=7999)
        before = everything()
        with pytest.raises(ActionRefused, match="8,000 shares would be outstanding and 7,999 are authorized"):
            close_deal(deal, None, expected=ALL)
        assert everything() == before

    def test_numbers_go_on_after_those_that_exist(self, deal: Deal) -> None:
        Certificate.objects.create(
            share_class=deal.share_class,
            number="B-4",
            investor=Investor.objects.get(name="Andrea Martin"),
            registered_name="Andrea Martin",
            shares=1,
            issued_on=date(1996, 6, 1),
        )
        close_deal(deal, None, expected=ALL)
        assert Certificate.objects.order_by("-id")[0].number == "B-19"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_failure_after_any_step_leaves_everything_as_it_was(
    deal: Deal, step: Callable[[Effect], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = close_page(deal, counsel(), Side.ISSUER).next
    assert seen is not None
    confirm_closing(deal, counsel(), seen.digest)
    taken: list[str] = []

    def breaks(of: Callable[[Effect], None]) -> Callable[[Effect], None]:
        def taken_once(effect: Effect) -> None:
            of(effect)
            taken.append(of.__name__)
            if of is step:
                raise RuntimeError("the power failed")

        return taken_once

    monkeypatch.setattr(closings, "STEPS", tuple(breaks(each) for each in STEPS))
    before = everything()
    with pytest.raises(RuntimeError, match="the power failed"):
        confirm_closing(deal, counsel(Role.INVESTORS_COUNSEL), seen.digest)
    assert taken[-1] == step.__name__
    assert everything() == before
    monkeypatch.setattr(closings, "STEPS", STEPS)
    assert confirm_closing(deal, counsel(Role.INVESTORS_COUNSEL), seen.digest).closing is not None


def test_what_the_database_refuses_is_told_and_leaves_everything_as_it_was(deal: Deal) -> None:
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'check_violation'; END $$"
        )
        cursor.execute("CREATE TRIGGER zz AFTER INSERT ON closing_postclosingitem EXECUTE FUNCTION broken()")
    with pytest.raises(ActionRefused, match="The disk is full"):
        close_deal(deal, None, expected=ALL)
    assert everything() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [2, 5])
def test_at_once_is_once(eleven: datetime, count: int) -> None:
    deal = on_closing_day()
    start = threading.Barrier(count)
    found: list[Closing | Exception] = []

    def close() -> None:
        try:
            start.wait()
            found.append(close_deal(deal, None, expected=ALL))
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Closing.objects.get()] * count
    assert Certificate.objects.count() == 15
    assert Event.objects.filter(verb="deal-closed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_payment_returned_at_the_same_moment_is_either_before_or_too_late(eleven: datetime) -> None:
    deal = on_closing_day()
    payment = Payment.objects.get(allotment__investor__name="Andrea Martin", withdrawn_at=None)
    start = threading.Barrier(2)
    refused: list[str] = []

    def run(act: Callable[[], object], name: str) -> None:
        try:
            start.wait()
            act()
        except ActionRefused:
            refused.append(name)
        finally:
            connections.close_all()

    acts: dict[str, Callable[[], object]] = {
        "closing": lambda: close_deal(deal, None, expected=ALL),
        "return": lambda: return_payment(payment, "The bank took it back", None),
    }
    threads = [threading.Thread(target=run, args=(act, name)) for name, act in acts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Closing.objects.exists() == (refused == ["return"])
