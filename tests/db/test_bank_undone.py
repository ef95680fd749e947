"""What a line of a bank's statement was confirmed to be, taken back: what was booked from it goes or stands again."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from closing.actions.bank import confirm_line, confirm_sure, undo_booking
from closing.actions.bank_statements import import_statement
from closing.actions.base import ActionRefused
from closing.actions.payments import NeedsConfirming, Part, record_payment
from closing.models import Allotment, Announcement, BankBooking, BankStatement, Deal, Event, Payment, Refund
from closing.queries.bank import open_lines_of, statement_page
from closing.queries.payments import money_page
from closing.rules.access import Role
from closing.rules.bank_lines import Becomes
from investors.models import User
from tests.db.test_bank import ANDREA, FILE, MAHUMA, NITIN, is_met, line
from tests.papers.camt import camt, details, entry, statement


@pytest.fixture
def counsel(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.COMPANY_COUNSEL)


@pytest.fixture
def taken_in(cerplex: Deal, counsel: User) -> BankStatement:
    return import_statement(cerplex, counsel, "june.xml", FILE)[0]


def test_what_was_confirmed_wrong_is_undone_and_the_line_open_again(
    cerplex: Deal, counsel: User, taken_in: BankStatement
) -> None:
    row = line(taken_in, 3)
    booking = confirm_line(row, counsel, Becomes.RECEIVED, parts=[Part(MAHUMA, Decimal(58_000))])
    with pytest.raises(ActionRefused, match="Say why"):
        undo_booking(booking, counsel, "")
    undo_booking(booking, counsel, "It was another’s")
    assert not is_met(cerplex, MAHUMA)
    anew = confirm_line(row, counsel, Becomes.RECEIVED, parts=[Part(NITIN, Decimal(58_000))])
    assert anew.payment is not None
    assert anew.payment.receipt != booking.payment.receipt  # type: ignore[union-attr]


class TestUndoingAReturn:
    """A line was taken for a payment that came back, and was none."""

    FIRM = [Part(MAHUMA, Decimal(50_000)), Part(ANDREA, Decimal(8_000))]

    @pytest.fixture
    def returned(self, cerplex: Deal, counsel: User, taken_in: BankStatement) -> BankBooking:
        """The wire of row 3 for two investors, and a line of a later statement that took it back."""
        came = confirm_line(line(taken_in, 3), counsel, Becomes.RECEIVED, parts=self.FIRM)
        assert came.payment is not None
        gone = camt(statement(entry("58000.00", details("Somebody", text="RETURN"), side="DBIT", reversal=True)))
        later, _ = import_statement(cerplex, counsel, "later.xml", gone)
        record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(2_000))
        return confirm_line(line(later, 1), counsel, Becomes.RETURNED, wire=came.payment.pk)

    def test_the_payment_counts_again_at_once_with_all_its_parts(
        self, cerplex: Deal, counsel: User, returned: BankBooking
    ) -> None:
        assert not is_met(cerplex, ANDREA)
        undo_booking(returned, counsel, "That was another wire")
        assert is_met(cerplex, ANDREA)
        rows = list(Payment.objects.filter(withdrawn_at=None).exclude(receipt="").order_by("id"))
        assert [(each.allotment.investor.name, each.amount) for each in rows] == [
            (part.investor, part.amount) for part in self.FIRM
        ]
        assert len({each.receipt for each in rows}) == 1
        assert {each.note for each in rows} == {"Received June 3, 1996; it had not come back."}
        assert Payment.objects.exclude(withdrawn_at=None).count() == 2, "what was taken back stays, with the reason"
        told = Event.objects.filter(verb="payment-recorded").order_by("-id")[0].summary
        assert told == f"$8,000.00 from {ANDREA} by wire, which stands again: it had not come back"

    def test_the_line_by_which_it_came_leads_to_it_and_the_other_is_open(
        self, cerplex: Deal, counsel: User, taken_in: BankStatement, returned: BankBooking
    ) -> None:
        undo_booking(returned, counsel, "That was another wire")
        undo_booking(returned, counsel, "Pressed twice")
        came = BankBooking.objects.get(line=line(taken_in, 3), undone_at=None)
        assert came.becomes == Becomes.RECEIVED
        assert came.payment is not None
        assert came.payment.withdrawn_at is None
        assert list(open_lines_of(cerplex).filter(statement=returned.line.statement)) == [returned.line]
        page = statement_page(cerplex, counsel, taken_in.pk)
        assert page is not None
        assert [each.returned for each in page.settled] == [False]
        assert confirm_sure(cerplex, counsel, returned.line.statement) == 0, "a person looks at it again"
        again = confirm_line(returned.line, counsel, Becomes.RETURNED, wire=came.payment.pk)
        assert not is_met(cerplex, ANDREA), "it may come back after all"
        undo_booking(again, counsel, "No")
        assert is_met(cerplex, ANDREA)

    def test_the_line_by_which_it_came_is_undone_only_after_the_return(
        self, cerplex: Deal, counsel: User, taken_in: BankStatement, returned: BankBooking
    ) -> None:
        came = BankBooking.objects.get(line=line(taken_in, 3))
        with pytest.raises(ActionRefused, match=r"came back by row 1 of later\.xml\. Undo that line first"):
            undo_booking(came, counsel, "It was another’s")
        undo_booking(returned, counsel, "That was another wire")
        undo_booking(BankBooking.objects.get(line=line(taken_in, 3), undone_at=None), counsel, "It was another’s")
        assert not Payment.objects.filter(withdrawn_at=None).exclude(receipt="").exists()

    def test_what_was_recorded_anew_by_hand_is_not_counted_twice_without_a_word(
        self, cerplex: Deal, counsel: User, returned: BankBooking
    ) -> None:
        record_payment(cerplex, counsel, investor=ANDREA, amount=Decimal(8_000))
        with pytest.raises(NeedsConfirming, match=r"over by \$8,000\.00"):
            undo_booking(returned, counsel, "That was another wire")
        returned.refresh_from_db()
        assert returned.undone_at is None
        undo_booking(returned, counsel, "That was another wire", confirmed=frozenset({"over"}))
        assert {each.name: each.over for each in money_page(cerplex).rows}[ANDREA] == 8_000

    def test_one_payment_answers_to_one_announcement(self, cerplex: Deal, counsel: User, returned: BankBooking) -> None:
        def awaited() -> Decimal:
            return {each.name: each.awaited for each in money_page(cerplex).rows}[MAHUMA]

        own = Allotment.objects.get(investor__name=MAHUMA)
        for amount in (50_000, 8_000):
            Announcement.objects.create(
                deal=cerplex,
                allotment=own,
                amount=amount,
                currency="USD",
                method="wire",
                sent_on=returned.at.date(),
                at=returned.at,
            )
        assert awaited() == 8_000
        undo_booking(returned, counsel, "That was another wire")
        assert awaited() == 8_000, "what stands again answers to what it came for, and not to the rest too"

    def test_the_page_says_that_it_was_a_mistake_and_calls_nobody(
        self, cerplex: Deal, counsel: User, returned: BankBooking
    ) -> None:
        rows = {each.name: each for each in money_page(cerplex).rows}
        assert rows[MAHUMA].returned_last is not None
        undo_booking(returned, counsel, "That was another wire")
        rows = {each.name: each for each in money_page(cerplex).rows}
        assert rows[MAHUMA].missing == 8_000
        assert rows[MAHUMA].returned_last is None
        assert [each.is_mistaken for each in rows[MAHUMA].payments] == [True, False]


def test_a_refund_booked_from_a_line_is_taken_back_with_it(
    cerplex: Deal, counsel: User, taken_in: BankStatement
) -> None:
    over = frozenset({"over"})
    confirm_line(line(taken_in, 3), counsel, Becomes.RECEIVED, parts=[Part(ANDREA, Decimal(58_000))], confirmed=over)
    gone = camt(statement(entry("48000.00", details(ANDREA), side="DBIT")))
    back, _ = import_statement(cerplex, counsel, "b.xml", gone)
    booking = confirm_line(line(back, 1), counsel, Becomes.REFUND, parts=[Part(ANDREA, Decimal(48_000))])
    undo_booking(booking, counsel, "Rent")
    assert Refund.objects.get().withdrawn_reason == "Rent"
    assert {each.name: each.over for each in money_page(cerplex).rows}[ANDREA] == 48_000
