"""The closing statement: all of the closing, made from the facts of its moment, and the same ever after."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closing.actions import money_papers
from closing.actions.closings import close_deal
from closing.actions.deals import load_deal, open_accounts
from closing.actions.facts import load_facts, record_fact
from closing.actions.fees import record_bill
from closing.actions.funds_flow import freeze_funds_flow
from closing.actions.payments import record_payment, return_payment
from closing.models import Closing, Deal, DocumentVersion, MoneyPaper, Opinion, Payment
from closing.pdf.money_papers import PaperContent, PaperSection, set_money_paper
from closing.queries.books import plan_of
from closing.queries.closing_statement import statement_of
from closing.queries.gates import gate_of
from closing.rules import facts
from closing.rules.facts import BillLine
from closing.rules.facts_file import read_facts
from closing.rules.funds_flow import Adjustment
from closing.rules.terms import LineKind
from investors import clock
from investors.models import User
from tests.closed_rooms import confirmed_by_both
from tests.rules.any_facts import CERPLEX, SAMPLES

ELEVEN = datetime.fromisoformat("1996-06-10T11:05-07:00")
LATER = ELEVEN + timedelta(hours=2)
FURTHER = replace(CERPLEX, closing=replace(CERPLEX.closing, further_closings=True))
ANDREA = "Andrea Martin"
REPAYMENT = "Repayment of existing indebtedness"


@pytest.fixture
def eleven() -> Iterator[datetime]:
    with clock.fixed(ELEVEN):
        yield ELEVEN


@pytest.fixture
def deal(db: None, eleven: datetime) -> Deal:
    """The Cerplex deal, further closings allowed, on the day: everything in but Andrea Martin's money."""
    deal = load_deal(FURTHER)
    open_accounts(deal)
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    load_facts(deal, read_facts(path.read_text(), CERPLEX, path.name))
    return_payment(Payment.objects.get(allotment__investor__name=ANDREA, withdrawn_at=None), "No funds", None)
    return deal


def section(content: PaperContent, heading: str) -> PaperSection:
    return next(each for each in content.sections if each.heading == heading)


def cells(content: PaperContent, heading: str) -> dict[str, str]:
    """A section's rows, each under its first cell."""
    return {row.cells[0]: "; ".join(row.cells[1:]) for row in section(content, heading).rows}


class TestWhatItSays:
    @pytest.fixture
    def said(self, deal: Deal) -> PaperContent:
        return statement_of(deal, confirmed_by_both(deal, leave_out=True))

    def test_who_confirmed_and_who_is_a_party(self, said: PaperContent) -> None:
        assert [each.partition(" on ")[0] for each in said.lines] == [
            CERPLEX.agreement.title,
            "Effected",
            "Confirmed for company counsel by Frederic A. Randall, Jr.",
            "Confirmed for the investors’ counsel by Stradling, Yocca, Carlson & Rauth",
        ]
        assert "11:05 a.m." in said.lines[1]
        assert "Newport Beach" in said.lines[1]
        names = [name for name, _ in said.parties]
        assert (names[0], len(names), ANDREA in names) == (CERPLEX.issuer.name, 17, False)

    def test_how_each_condition_stood(self, said: PaperContent) -> None:
        found = cells(said, "Conditions")
        assert len(found) == len(CERPLEX.conditions)
        opinion = next(told for name, told in found.items() if name.startswith("2(a)(v) "))
        assert opinion == "Satisfied: Opinion dated June 10, 1996; last on file June 10, 1996."
        signed_off = next(told for name, told in found.items() if name.startswith("2(a)(vii) "))
        counsel, first = "Stradling, Yocca, Carlson & Rauth", "Sprout Growth II, L.P."
        assert signed_off.startswith(f"Satisfied: Signed off by {counsel}; {first}; DLJ Capital Corporation; ")

    def test_whose_pages_were_released(self, said: PaperContent) -> None:
        found = cells(said, "Documents delivered")
        assert found["Stock Purchase Agreement"] == "16 signature pages released, 1 of those left out in escrow"
        assert found["Compliance Certificate"].startswith("1 signature page released; Signed by Bruce D. Nye")

    def test_certificates_money_and_what_follows(self, said: PaperContent) -> None:
        certificates = cells(said, "Certificates issued")
        assert certificates["Mahuma N.V."] == "B-14; 58; $58,000.00"
        assert certificates["In all"] == "; 7,990; $7,990,000.00"
        assert cells(said, "Purchase price")["In all"] == "$7,990,000.00; $7,990,000.00"
        assert cells(said, "Counsel’s fees") == {"Stradling, Yocca, Carlson & Rauth": "$23,480.00; $1,212.40; "}
        assert any(each.startswith("2(a)(vi) Form D") for each in cells(said, "After the closing"))
        assert "December 10, 1997" in said.notes[0]

    def test_who_was_left_out_and_why(self, said: PaperContent) -> None:
        assert cells(said, "Left out of this closing") == {
            ANDREA: "10; 2(b)(ii): Nothing of $10,000.00 received; a payment was returned."
        }

    def test_it_can_be_printed(self, said: PaperContent) -> None:
        assert set_money_paper(said, made_on="June 10, 1996").startswith(b"%PDF")


def test_a_waiver_is_told_with_whose_consents_and_when(deal: Deal) -> None:
    opinion = Opinion.objects.get(withdrawn_at=None)
    Opinion.objects.filter(pk=opinion.pk).update(withdrawn_at=ELEVEN, withdrawn_reason="To be given later")
    record_fact(deal, facts.Waiver(at=ELEVEN, key="no-opinion", sections=("2(a)(v)",), text="The opinion"), None)
    for each in CERPLEX.investors:
        blocks = tuple(block.key for block in each.blocks)
        record_fact(deal, facts.Consent(at=ELEVEN, waiver="no-opinion", investor=each.name, blocks=blocks), None)
    told = cells(statement_of(deal, confirmed_by_both(deal, leave_out=True)), "Conditions")
    said = next(words for name, words in told.items() if name.startswith("2(a)(v) "))
    assert said.startswith("Waived: with the written consents of Sprout Growth II, L.P.; DLJ Capital Corporation;")
    assert said.endswith("and 10 more, June 10, 1996, “The opinion”.")


def test_it_says_what_counsel_entered_in_the_funds_flow(deal: Deal) -> None:
    counsel = User.objects.get(memberships__role="company-counsel")
    paid = Adjustment(purpose=REPAYMENT, amount=Decimal("1900000.00"), payee="Bank of the company")
    freeze_funds_flow(deal, counsel, whom="ready", adjustments=[paid])
    said = statement_of(deal, confirmed_by_both(deal, leave_out=True))
    assert cells(said, "Funds flow")["Bank of the company"] == f"{REPAYMENT}; $1,900,000.00"


def test_who_bears_what_lies_over_the_cap_to_the_cent(deal: Deal) -> None:
    lines = [BillLine(kind=LineKind.FEE, description="Closing", amount=Decimal(4000))]
    record_bill(deal, None, number="2", dated=date(1996, 6, 9), lines=lines)
    said = statement_of(deal, confirmed_by_both(deal, leave_out=True))
    assert cells(said, "Counsel’s fees") == {"Stradling, Yocca, Carlson & Rauth": "$25,000.00; $1,212.40; "}
    found = cells(said, "Over the cap")
    assert (found["Sprout Growth II, L.P."], found[ANDREA], found["In all"]) == ("$703.39", "$3.10", "$2,480.00")
    assert section(said, "Over the cap").paragraphs[0].startswith("$2,480.00 of counsel’s bills lies over the cap")


def test_it_is_asked_for_once_and_says_the_same_ever_after(deal: Deal) -> None:
    closing = confirmed_by_both(deal, leave_out=True)
    (row,) = MoneyPaper.objects.filter(kind=MoneyPaper.Kind.CLOSING_STATEMENT)
    assert row.content_key == statement_of(deal, closing).key
    with clock.fixed(LATER):
        record_payment(deal, None, investor=ANDREA, amount=Decimal(10000))
        DocumentVersion.objects.create(
            deliverable=deal.deliverables.get(key="stock-purchase-agreement"),
            number=9,
            at=LATER,
            filename="a.pdf",
            sha256="0" * 64,
            size=1,
            content_type="application/pdf",
        )
        second = confirmed_by_both(deal)
    assert statement_of(deal, closing).key == row.content_key
    other = statement_of(deal, second)
    assert other.title == "Closing statement, closing 2"
    assert cells(other, "Certificates issued")[ANDREA] == "B-15; 10; $10,000.00"
    assert cells(other, "Counsel’s fees") == {"Stradling, Yocca, Carlson & Rauth": "$0.00; $0.00; "}
    assert "Stradling, Yocca, Carlson & Rauth" not in cells(other, "Funds flow"), "nothing is paid twice"
    assert MoneyPaper.objects.filter(kind=MoneyPaper.Kind.CLOSING_STATEMENT).count() == 2


def test_the_book_of_counsel_has_it_once_it_is_made_and_no_investors_has(deal: Deal) -> None:
    confirmed_by_both(deal, leave_out=True)
    (row,) = MoneyPaper.objects.filter(kind=MoneyPaper.Kind.CLOSING_STATEMENT)
    assert "Closing statement" not in {each.title for each in plan_of(deal, gate_of(deal)).entries}
    assert money_papers.make(row.pk)
    found = {each.title: each for each in plan_of(deal, gate_of(deal)).entries}
    row.refresh_from_db()
    source = found["Closing statement"].source
    assert source is not None
    assert source.sha256 == row.sha256
    investors = plan_of(deal, gate_of(deal), "Nitin T. Mehta").entries
    assert "Closing statement" not in {each.title for each in investors}


def test_the_queries_do_not_grow_with_the_investors(deal: Deal) -> None:
    def counted(closing: Closing) -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            statement_of(deal, closing)
        return len(made)

    first = close_deal(
        deal, None, expected=[n.name for n in CERPLEX.investors if n.name != ANDREA], leave_out_confirmed=True
    )
    with clock.fixed(LATER):
        record_payment(deal, None, investor=ANDREA, amount=Decimal(10000))
        second = close_deal(deal, None, expected=[ANDREA])
    assert abs(counted(first) - counted(second)) <= 1
