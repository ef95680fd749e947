"""The stock ledger's figures for a tie-out: as it stands, and as it stood before a closing."""

from closing.models import Deal
from closing.queries.gates import gate_of
from closing.queries.tie_out import ledger_of
from closing.rules.tie_out import LedgerFigures, tie_out
from tests.closed_rooms import close_for_all
from tests.db.test_closings import ALL, deal, eleven

__all__ = ["deal", "eleven"]


def test_the_ledger_before_a_closing_has_none_of_what_it_issued(deal: Deal) -> None:
    before = ledger_of(deal)
    assert before == LedgerFigures(authorized=8000, issued=0, numbers=())
    closing = close_for_all(deal)
    after = ledger_of(deal)
    assert (after.issued, len(after.numbers), after.numbers[0]) == (8000, 15, "B-1")
    assert ledger_of(deal, before=closing) == before


def test_the_deal_ties_on_its_day_and_would_not_once_more(deal: Deal) -> None:
    assert tie_out(gate_of(deal), ALL, ledger_of(deal)).ties
    close_for_all(deal)
    assert "8,000 too few" in tie_out(gate_of(deal), ALL, ledger_of(deal)).refusal
