"""Several closings of one agreement: who is left, what stands between them and a further one, and what is done once."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from closing.rules.closings import ClosingReview, closing_review, stood_on
from closing.rules.deal_file import read_deal, write_deal
from closing.rules.duties import duties, why_not_answer, why_not_decide
from closing.rules.executed import parties_bound
from closing.rules.facts import Approval, Bill, BillLine, Closed, Facts, FeePayment, Proposal, Reimbursed
from closing.rules.facts_file import check_facts, read_facts, write_facts
from closing.rules.findings import State
from closing.rules.gate import Gate, evaluate
from closing.rules.majorities import closing_in_force, majority
from closing.rules.reimbursement import reimbursements
from closing.rules.terms import ISSUER, Deal, LineKind
from closing.rules.tie_out import LedgerFigures
from closing.rules.toml_form import FileRefused
from tests.rules.any_facts import CERPLEX, SAMPLES

MORNING = datetime.fromisoformat("1996-06-10T10:30-07:00")
CLOSED_AT = datetime.fromisoformat("1996-06-10T11:05-07:00")
LATER = datetime.fromisoformat("1996-07-01T11:00-07:00")
UNTIL = date(1996, 7, 31)
FURTHER = replace(CERPLEX, closing=replace(CERPLEX.closing, further_closings=True, further_until=UNTIL))
ANDREA = "Andrea Martin"
TRUST = "The & Trust"
REST = tuple(each.name for each in CERPLEX.investors if each.name not in (ANDREA, TRUST))
REIMBURSED = Reimbursed(counsel="investors-counsel", fees=Decimal("23480.00"), expenses=Decimal("1212.40"))


def on_the_day(*unpaid: str) -> Facts:
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    facts = read_facts(path.read_text(), CERPLEX, path.name)
    return replace(facts, payments=tuple(each for each in facts.payments if each.investor not in unpaid))


def closed_short() -> Facts:
    """Closed for all but Andrea Martin and the Trust, who had not paid."""
    closed = Closed(at=CLOSED_AT, investors=REST, reimbursed=(REIMBURSED,))
    return replace(on_the_day(ANDREA, TRUST), closings=(closed,))


def moved_to_july(facts: Facts) -> Facts:
    """A further closing on July 1, to which the issuer and the Trust agree: 103 of the 113 shares that are left."""
    at = CLOSED_AT + timedelta(days=2)
    move = Proposal(at=at, key="further", matter="move-closing", to=LATER, issuer_agreed_at=at)
    yes = Approval(at=at, proposal="further", investor=TRUST, written=False)
    return replace(facts, proposals=(*facts.proposals, move), approvals=(*facts.approvals, yes))


def gate(facts: Facts, at: datetime, deal: Deal = FURTHER) -> Gate:
    return evaluate(deal, facts, at)


LEDGER = LedgerFigures(authorized=None, issued=0)


def review_of(found: Gate) -> ClosingReview:
    return closing_review(found, LEDGER)


class TestWhoIsLeft:
    def test_who_has_closed_is_neither_ready_nor_left_out(self) -> None:
        found = gate(closed_short(), CLOSED_AT + timedelta(hours=1))
        assert [each.investor.name for each in found.closed] == list(REST)
        assert [each.investor.name for each in found.left_out] == [TRUST, ANDREA]
        assert found.ready == ()
        assert (found.is_closed, found.is_ready) == (False, False)

    def test_what_is_open_stands_between_those_left_out_alone(self) -> None:
        found = gate(closed_short(), CLOSED_AT + timedelta(hours=1))
        assert {each.investor for each in found.blockers} == {ANDREA, TRUST}
        assert found.condition("2(b)(ii)").open == 2

    def test_a_further_closing_on_another_day_asks_anew_what_is_dated_as_of_it_and_leaves_the_closed_alone(
        self,
    ) -> None:
        found = gate(moved_to_july(closed_short()), LATER)
        assert found.closing.at == LATER
        opinion = found.condition("2(a)(v)")
        assert opinion.open == 2
        assert found.investor(REST[0]).cells["2(a)(v)"].state is State.MET
        assert found.investor(TRUST).cells["2(a)(v)"].state is State.OPEN
        dated = next(each for each in closed_short().opinions)
        anew = replace(dated, at=LATER - timedelta(hours=1), dated=LATER.date())
        given_anew = replace(moved_to_july(closed_short()), opinions=(*closed_short().opinions, anew))
        assert gate(given_anew, LATER).condition("2(a)(v)").open == 0

    def test_where_the_agreement_has_one_closing_nobody_is_ready_any_more_to_close(self) -> None:
        found = gate(closed_short(), CLOSED_AT + timedelta(hours=1), CERPLEX)
        assert found.is_closed
        assert (
            review_of(found).refusal == "The closing has been effected already, and the agreement has no further one."
        )

    @pytest.mark.parametrize(("on", "is_closed"), [(UNTIL, False), (UNTIL + timedelta(days=1), True)])
    def test_until_the_day_that_the_deal_gives(self, on: date, is_closed: bool) -> None:
        late = datetime.fromisoformat(f"{on}T23:30-07:00")
        found = gate(closed_short(), late)
        assert found.is_closed == is_closed
        assert (
            "until Wednesday, July 31, 1996" in found.why_closed or "until July 31, 1996" in found.why_closed
        ) == is_closed

    def test_once_all_have_closed_there_is_no_further_one(self) -> None:
        both = Closed(at=LATER, investors=(TRUST, ANDREA))
        done = gate(replace(closed_short(), closings=(*closed_short().closings, both)), LATER + timedelta(hours=1))
        assert done.is_closed
        assert done.blockers == ()
        assert "for every investor" in review_of(done).refusal

    @settings(deadline=None, max_examples=40)
    @given(st.sets(st.sampled_from([each.name for each in CERPLEX.investors]), min_size=1), st.integers(0, 40 * 24))
    def test_every_investor_is_closed_or_ready_or_left_out(self, names: set[str], hours: int) -> None:
        closed = Closed(at=CLOSED_AT, investors=tuple(sorted(names)))
        found = gate(replace(on_the_day(ANDREA), closings=(closed,)), CLOSED_AT + timedelta(hours=hours))
        parts = [{each.investor.name for each in part} for part in (found.closed, found.ready, found.left_out)]
        assert set.union(*parts) == {each.name for each in CERPLEX.investors}
        assert sum(map(len, parts)) == 15
        assert parts[0] == names
        assert all(each.investor not in names for each in found.blockers)
        before = gate(replace(on_the_day(ANDREA)), CLOSED_AT)
        for name in names:
            for section, cell in found.investor(name).cells.items():
                assert cell.is_satisfied, (name, section)
                then = before.investor(name).cells[section]
                assert not then.is_satisfied or cell == then


class TestTheFurtherClosing:
    def ready(self) -> Facts:
        paid = tuple(each for each in on_the_day().payments if each.investor in (ANDREA, TRUST))
        late = tuple(replace(each, at=CLOSED_AT + timedelta(hours=1)) for each in paid)
        facts = closed_short()
        return replace(facts, payments=(*facts.payments, *late))

    def test_is_for_those_left_out_and_has_the_next_number(self) -> None:
        review = review_of(gate(self.ready(), CLOSED_AT + timedelta(hours=2)))
        assert review.refusal == ""
        assert review.number == 2
        assert review.expected == (TRUST, ANDREA)
        assert (review.shares, review.purchase_price) == (113, Decimal(113000))

    def test_reimburses_nothing_twice(self) -> None:
        facts = self.ready()
        review = review_of(gate(facts, CLOSED_AT + timedelta(hours=2)))
        assert (review.fees_reimbursed, review.expenses_reimbursed) == (Decimal(0), Decimal(0))
        lines = (BillLine(kind=LineKind.FEE, description="Fees", amount=Decimal(5000)),)
        at = CLOSED_AT + timedelta(hours=1)
        more = Bill(at=at, number="2", counsel="investors-counsel", dated=at.date(), lines=lines)
        review = review_of(gate(replace(facts, bills=(*facts.bills, more)), CLOSED_AT + timedelta(hours=2)))
        assert review.fees_reimbursed == Decimal("1520.00"), "the rest of the cap, and not a cent past it"

    def test_opens_its_own_filings_and_the_deal_wide_covenants_not_again(self) -> None:
        after = review_of(gate(self.ready(), CLOSED_AT + timedelta(hours=2))).after
        assert [each.key for each in after if each.key.startswith("filing-")]
        assert not [each for each in after if each.key.startswith("covenant-")]

    def test_releases_the_pages_of_those_who_close_and_those_of_the_issuer_that_are_left(self) -> None:
        facts = self.ready()
        signatures = tuple(
            each if CERPLEX.party_of_block[each.block] == ANDREA else replace(each, released_at=CLOSED_AT)
            for each in facts.signatures
        )
        review = review_of(gate(replace(facts, signatures=signatures), CLOSED_AT + timedelta(hours=2)))
        assert {block for _, block, _ in review.pages} == {"andrea-martin"}

    def test_documents_are_executed_with_those_who_closed_in_either(self) -> None:
        facts = self.ready()
        rights = next(each for each in CERPLEX.deliverables if "investors" in each.signed_by)
        assert ANDREA not in parties_bound(gate(facts, LATER), rights)
        both = Closed(at=CLOSED_AT + timedelta(hours=2), investors=(ANDREA,))
        closed = replace(facts, closings=(*facts.closings, both))
        assert parties_bound(gate(closed, LATER), rights) == {ISSUER, ANDREA, *REST}


class TestWhoMovesIt:
    def test_those_who_are_still_to_acquire_in_it(self) -> None:
        facts = moved_to_july(closed_short())
        stands = majority(facts.proposals[-1], FURTHER, facts.on(LATER))
        assert {each.name for each in stands.voters} == {ANDREA, TRUST}
        assert (stands.agreed_shares, stands.of_shares, stands.is_passed) == (103, 113, True)

    def test_a_move_that_was_in_force_at_the_first_closing_stays_in_force(self) -> None:
        at = MORNING - timedelta(days=1)
        to = CLOSED_AT - timedelta(minutes=5)
        move = Proposal(at=at, key="hour", matter="move-closing", to=to, issuer_agreed_at=at)
        yes = tuple(
            Approval(at=at, proposal="hour", investor=name) for name in REST if name != "Malcolm and Emily Fairbairn"
        )
        facts = replace(closed_short(), proposals=(move,), approvals=yes)
        before = closing_in_force(FURTHER, replace(facts, closings=()), CLOSED_AT)
        assert before.at == to
        assert closing_in_force(FURTHER, facts, CLOSED_AT + timedelta(hours=1)).at == to


class TestWhatItStoodOn:
    def test_what_came_after_it_may_be_taken_back(self) -> None:
        facts = closed_short()
        late = replace(on_the_day().payments[0], investor=ANDREA, at=CLOSED_AT + timedelta(hours=1))
        assert not stood_on(late, FURTHER, facts)

    def test_what_is_of_those_left_out_alone_may_and_what_the_others_needed_may_not(self) -> None:
        facts = closed_short()
        assert stood_on(facts.payments[0], FURTHER, facts)
        assert stood_on(next(iter(facts.opinions)), FURTHER, facts)
        own = next(each for each in facts.sign_offs if each.party == ANDREA)
        assert not stood_on(own, FURTHER, facts)
        rights = next(each for each in CERPLEX.deliverables if "2(a)(viii)" in each.serves and each.signed_by)
        page = next(each for each in facts.signatures if (each.document, each.block) == (rights.key, "andrea-martin"))
        assert stood_on(page, FURTHER, facts), "2(a)(viii) asks for every investor's page, for all"
        other = next(each for each in facts.signatures if each.block == "andrea-martin" and each.document != rights.key)
        assert not stood_on(other, FURTHER, facts)


def test_who_is_left_out_has_things_to_do_and_who_has_closed_has_none() -> None:
    found = gate(closed_short(), CLOSED_AT + timedelta(hours=1))
    by_name = CERPLEX.investor_by_name
    assert duties(found, by_name[ANDREA], ANDREA)
    assert duties(found, by_name[REST[0]], by_name[REST[0]].blocks[0].person) == ()
    waiver = found.facts.waivers[0].key
    assert "answered no more" in why_not_answer(found, waiver, by_name[REST[0]], by_name[REST[0]].blocks[0].person)
    assert why_not_answer(found, waiver, by_name[ANDREA], ANDREA) == ""
    moved = gate(moved_to_july(closed_short()), LATER)
    assert "moved no more" in why_not_decide(moved, "further", by_name[REST[0]], by_name[REST[0]].blocks[0].person)


def test_the_files_say_it() -> None:
    text = write_deal(FURTHER)
    assert "further_closings = true\nfurther_until = 1996-07-31" in text
    assert read_deal(text) == FURTHER
    assert "further" not in write_deal(CERPLEX)
    with pytest.raises(FileRefused, match="belongs to further_closings"):
        read_deal(text.replace("further_closings = true\n", ""))
    with pytest.raises(FileRefused, match="lies before the closing"):
        read_deal(text.replace("1996-07-31", "1996-06-09"))
    facts = closed_short()
    assert read_facts(write_facts(facts, FURTHER), FURTHER).closings == facts.closings


def test_what_was_reimbursed_is_of_known_counsel_and_no_less_than_nothing() -> None:
    def told(reimbursed: Reimbursed) -> str:
        facts = replace(closed_short(), closings=(Closed(at=CLOSED_AT, investors=REST, reimbursed=(reimbursed,)),))
        return " ".join(str(each) for each in check_facts(facts, FURTHER))

    assert told(REIMBURSED) == ""
    assert "counsel" in told(replace(REIMBURSED, counsel="somebody"))
    assert "less than nothing" in told(replace(REIMBURSED, netted=Decimal(-1)))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bill"), st.sampled_from([LineKind.FEE, LineKind.EXPENSE]), st.integers(1, 2_000_000)),
        st.tuples(st.just("pay"), st.sampled_from([LineKind.FEE, LineKind.EXPENSE]), st.integers(1, 100)),
        st.tuples(st.just("close"), st.just(LineKind.FEE), st.just(0)),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_whatever_is_billed_and_paid_the_closings_fix_all_that_is_due_and_not_a_cent_twice(
    steps: list[tuple[str, LineKind, int]],
) -> None:
    """Fees to the cap in all, expenses as billed; what was fixed and not paid yet is not fixed again."""
    facts, names = replace(on_the_day(), bills=(), fee_payments=()), [each.name for each in CERPLEX.investors]
    for minute, (what, kind, amount) in enumerate(steps, start=1):
        at = CLOSED_AT + timedelta(minutes=minute)
        found = gate(facts, at)
        (statement,) = found.fees
        if what == "bill":
            lines = (BillLine(kind=kind, description="Work", amount=Decimal(amount) / 100),)
            bill = Bill(at=at, number=str(minute), counsel="investors-counsel", dated=at.date(), lines=lines)
            facts = replace(facts, bills=(*facts.bills, bill))
        elif what == "pay" and facts.closings:
            due = statement.due_by_kind[kind]
            paid = (due * amount / 100).quantize(Decimal("0.01"))
            bill_of = next((each for each in facts.bills if any(line.kind is kind for line in each.lines)), None)
            if paid and bill_of is not None:
                said = FeePayment(at=at, counsel=bill_of.counsel, bill=bill_of.number, kind=kind, amount=paid)
                facts = replace(facts, fee_payments=(*facts.fee_payments, said))
        elif what == "close" and names:
            name = names.pop()
            closed = Closed(at=at, investors=(name,), reimbursed=reimbursements(found, [name]))
            facts = replace(facts, closings=(*facts.closings, closed))
            fixed = [each for one in facts.closings for each in one.reimbursed]
            fees, expenses = sum(each.fees for each in fixed), sum(each.expenses for each in fixed)
            assert statement.due_by_kind[LineKind.FEE] <= fees <= statement.fees_reimbursable <= Decimal(25000)
            assert statement.due_by_kind[LineKind.EXPENSE] <= expenses <= statement.expenses_billed
