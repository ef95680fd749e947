"""The tie-out: a cent or a share that is off anywhere makes it not tie, and the line that says so is the right one."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from closing.rules.facts import Facts, Payment, Refund, Waiver
from closing.rules.gate import evaluate
from closing.rules.terms import Deal
from closing.rules.tie_out import LedgerFigures, Tied, TieOut, tie_out
from tests.rules.build import BEFORE, LATE, all_in, deal, with_tables

CENT = Decimal("0.01")
BARE = deal()
DEAL = replace(BARE, security=replace(BARE.security, certificate_prefix="B-"))
FACTS = all_in(DEAL)
NAMES = tuple(each.name for each in DEAL.investors)
LEDGER = LedgerFigures(authorized=10_000, issued=2_000, numbers=("B-1", "B-7", "C-9"))


def tied(
    facts: Facts = FACTS, of: Deal = DEAL, names: tuple[str, ...] = NAMES, ledger: LedgerFigures = LEDGER
) -> TieOut:
    return tie_out(evaluate(of, facts, LATE), names, ledger)


def wrong(found: TieOut) -> list[str]:
    return [each.what for each in found.lines if not each.ties]


def paid(name: str, amount: Decimal) -> Payment:
    return Payment(at=BEFORE, investor=name, amount=amount, currency="USD", method="wire")


def changed(of: Deal, name: str, **values: object) -> Deal:
    """The deal with one row of Schedule A changed."""
    rows = tuple(replace(each, **values) if each.name == name else each for each in of.investors)  # type: ignore[arg-type]
    return replace(of, investors=rows)


def test_what_is_paid_to_the_cent_ties() -> None:
    found = tied()
    assert found.ties
    assert [each.what for each in found.lines] == [
        *NAMES, "All 3 investors", "The most that is sold", "Authorized shares", "Certificate numbers",
    ]  # fmt: skip
    assert found.lines[0].says == "4,000 shares at $1,000.00 come to $4,000,000.00; $4,000,000.00 received"
    assert found.lines[3].says == "8,000 shares at $1,000.00 come to $8,000,000.00; $8,000,000.00 received"
    assert found.lines[5].says == "2,000 outstanding and 8,000 new are 10,000 of 10,000 authorized"
    assert found.lines[6].says == "B-8 to B-10 for 3 investors; none of them is taken"


@given(st.sampled_from(NAMES), st.sampled_from([CENT, -CENT]), st.integers(1, 10**8))
def test_one_cent_in_any_payment_names_its_investor(name: str, off: Decimal, times: int) -> None:
    amount = min(off * times, Decimal(10**6)) if off > 0 else max(off * times, Decimal(-999))
    row = next(each for each in FACTS.payments if each.investor == name)
    rest = tuple(each for each in FACTS.payments if each is not row)
    found = tied(with_tables(FACTS, payments=(*rest, replace(row, amount=row.amount + amount))))
    assert wrong(found) == [name, "All 3 investors"]
    assert found.refusal.startswith(f"{name}: ${abs(amount):,.2f}")
    assert ("too much was received" in found.refusal) is (amount > 0)


def test_cents_of_two_investors_that_add_up_still_do_not_tie() -> None:
    more, less = (next(each for each in FACTS.payments if each.investor == name) for name in ("Alpha", "Beta"))
    rest = tuple(each for each in FACTS.payments if each not in (more, less))
    off = (replace(more, amount=more.amount + CENT), replace(less, amount=less.amount - CENT))
    found = tied(with_tables(FACTS, payments=(*rest, *off)))
    assert wrong(found) == ["Alpha", "Beta"]


@given(st.sampled_from(NAMES), st.sampled_from([1, -1]))
def test_one_share_in_schedule_a_names_its_investor(name: str, off: int) -> None:
    row = DEAL.investor_by_name[name]
    if row.shares + off < 1:
        off = 1
    found = tied(of=changed(DEAL, name, shares=row.shares + off), ledger=replace(LEDGER, authorized=None))
    assert wrong(found)[0] == name
    assert "Schedule A says" in found.refusal


@given(st.sampled_from(NAMES), st.sampled_from([CENT, -CENT]))
def test_one_cent_in_schedule_a_names_its_investor(name: str, off: Decimal) -> None:
    row = DEAL.investor_by_name[name]
    found = tied(of=changed(DEAL, name, purchase_price=row.purchase_price + off))
    assert wrong(found)[0] == name


def test_one_cent_in_the_price_of_a_share_names_everybody() -> None:
    dearer = replace(DEAL, security=replace(DEAL.security, price_per_share=DEAL.security.price_per_share + CENT))
    assert wrong(tied(of=dearer)) == list(NAMES)


@given(st.integers(0, 3000))
def test_one_share_past_the_authorized_number_names_that_line(issued: int) -> None:
    within = replace(LEDGER, issued=issued, authorized=issued + DEAL.shares)
    assert tied(ledger=within).ties
    found = tied(ledger=replace(within, authorized=issued + DEAL.shares - 1))
    assert wrong(found) == ["Authorized shares"]
    assert "1 too few" in found.refusal


def test_where_no_paper_states_the_authorized_number_it_says_so() -> None:
    found = tied(ledger=replace(LEDGER, authorized=None))
    assert found.ties
    assert "no paper on file" in next(each.says for each in found.lines if each.kind is Tied.AUTHORIZED)


def test_one_share_past_the_most_that_is_sold_names_that_line() -> None:
    low = replace(DEAL, security=replace(DEAL.security, max_shares=DEAL.shares - 1))
    assert wrong(tied(of=low)) == ["The most that is sold"]
    cheap = replace(DEAL, security=replace(DEAL.security, max_amount=DEAL.purchase_price - CENT))
    assert wrong(tied(of=cheap)) == ["The most that is sold"]


@pytest.mark.parametrize("taken", ["b-8", "B- 9", "B-10 "])
def test_a_number_that_reads_like_one_that_is_taken_names_that_line(taken: str) -> None:
    found = tied(ledger=replace(LEDGER, numbers=(*LEDGER.numbers, taken)))
    assert wrong(found) == ["Certificate numbers"]
    assert f"reads like {taken}, which is taken" in found.refusal


def test_only_those_who_close_are_looked_at() -> None:
    unpaid = with_tables(FACTS, payments=tuple(each for each in FACTS.payments if each.investor != "Beta"))
    assert wrong(tied(unpaid)) == ["Beta", "All 3 investors"]
    found = tied(unpaid, names=("Gamma", "Alpha"))
    assert found.ties
    assert [each.what for each in found.lines[:3]] == ["Alpha", "Gamma", "All 2 investors"]
    nobody = tied(names=())
    assert nobody.ties
    assert [each.kind for each in nobody.lines] == [Tied.MAXIMUM, Tied.AUTHORIZED, Tied.CERTIFICATES]


def test_what_was_sent_back_is_not_there() -> None:
    more = (*FACTS.payments, paid("Alpha", Decimal("12.00")))
    facts = with_tables(FACTS, payments=more)
    assert "Alpha: $12.00 too much was received. Send it back" in tied(facts).refusal
    back = Refund(at=BEFORE, investor="Alpha", amount=Decimal("12.00"), currency="USD", method="wire", reference="")
    assert tied(replace(facts, refunds=(back,))).ties
    assert wrong(tied(replace(FACTS, refunds=(back,))))[0] == "Alpha"


def test_a_price_that_the_company_waived_ties_and_is_shown_as_owed() -> None:
    unpaid = with_tables(FACTS, payments=tuple(each for each in FACTS.payments if each.investor != "Beta"))
    waiver = Waiver(at=BEFORE, key="w", sections=("2(b)(ii)",), investors=("Beta",), text="")
    found = tied(with_tables(unpaid, waivers=(*unpaid.waivers, waiver)))
    assert found.ties
    line = next(each for each in found.lines if each.what == "Beta")
    assert (line.received, line.waived) == (Decimal(0), line.price)
    assert "$3,999,000.00 still owed and waived" in line.says
