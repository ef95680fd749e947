"""The closing before it happens: for whom, what it will do, and what forbids it.

One value answers the page that asks for confirmation and the action that closes: the same reasons, the same figures.
Sections are those of the reference agreement.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from closing.rules.blockers import in_words
from closing.rules.certificates import certificate_numbers
from closing.rules.evidence import ByJurisdiction
from closing.rules.facts import Closed, Fact, Facts, Reimbursed
from closing.rules.fees import ZERO, in_all
from closing.rules.further import closed_names, is_of_move, speaks_for
from closing.rules.gate import Gate, InvestorState, evaluate
from closing.rules.over_cap import over_cap_by_investor
from closing.rules.prices import stated_amount
from closing.rules.reimbursement import reimbursements
from closing.rules.survival import survives_until
from closing.rules.terms import ISSUER, Covenant, Deal, Investor, UseOfProceeds
from closing.rules.tie_out import LedgerFigures, TieOut, tie_out
from closing.rules.words import at_time, listing


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An investor for whom the closing does not happen, and why not, one sentence for each open condition."""

    investor: Investor
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AfterClosing:
    """Something owed after the closing. `due_on` is None where no date follows from the closing alone."""

    key: str
    section: str
    heading: str
    owed_by: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class ClosingReview:
    """What closing now would do. Money in the deal's currency.

    `number` is 1 for the first closing of the deal; `certificates` are numbers in the order of the `ready`.
    `reimbursed` is what is due, and what is netted from the wires of those who close; `over_cap` who bears what is over
    the cap. `proceeds` are the uses that the agreement names, with what it gives them out of this price. `pages` are
    the signature pages released, as (deliverable key, block key, version); `refusal` is why it cannot happen.
    """

    number: int
    ready: tuple[Investor, ...]
    certificates: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    closed_on: date
    shares: int
    purchase_price: Decimal
    pages: frozenset[tuple[str, str, str]]
    reimbursed: tuple[Reimbursed, ...]
    fees_over_cap: Decimal
    over_cap: tuple[tuple[str, Decimal], ...]
    proceeds: tuple[tuple[UseOfProceeds, Decimal], ...]
    legends: tuple[str, ...]
    survival_until: date
    after: tuple[AfterClosing, ...]
    tie_out: TieOut
    refusal: str = ""

    @property
    def fees_reimbursed(self) -> Decimal:
        """Fees that this closing fixes as reimbursed, of every counsel."""
        return sum((each.fees for each in self.reimbursed), ZERO)

    @property
    def expenses_reimbursed(self) -> Decimal:
        """Out-of-pocket expenses that this closing fixes as reimbursed, of every counsel."""
        return sum((each.expenses for each in self.reimbursed), ZERO)

    @property
    def expected(self) -> tuple[str, ...]:
        """The names of the ready investors: what whoever confirms has seen."""
        return tuple(investor.name for investor in self.ready)

    @property
    def is_possible(self) -> bool:
        """Whether nothing forbids the closing."""
        return not self.refusal


def closing_review(gate: Gate, ledger: LedgerFigures) -> ClosingReview:
    """What the closing in force would do, on its day, for the investors who are ready at the gate's moment.

    `ledger` is the class that is sold as its stock ledger stands. What does not tie out is refused, with the line.
    """
    deal = gate.deal
    ready = tuple(each.investor for each in gate.ready)
    names = [investor.name for investor in ready]
    price = sum((investor.purchase_price for investor in ready), ZERO)
    tied = tie_out(gate, names, ledger)
    closed_on = gate.closing.at.astimezone(ZoneInfo(deal.closing.time_zone)).date()
    return ClosingReview(
        number=len(gate.facts.closings) + 1,
        ready=ready,
        certificates=certificate_numbers(deal.security.certificate_prefix, ledger.numbers, len(ready)),
        left_out=tuple(LeftOut(each.investor, _reasons(each)) for each in gate.left_out),
        closed_on=closed_on,
        shares=sum(investor.shares for investor in ready),
        purchase_price=price,
        pages=_pages(gate, ready),
        reimbursed=reimbursements(gate, names),
        fees_over_cap=in_all(gate.fees, lambda each: each.over_cap),
        over_cap=tuple((name, part) for name, part in over_cap_by_investor(deal, gate.facts).items() if part),
        proceeds=tuple((use, stated_amount(use, price)) for use in deal.proceeds),
        legends=deal.security.legends,
        survival_until=survives_until(closed_on, deal.survival.months),
        after=(*_filings(deal, closed_on), *_covenants(deal, ready, is_first=not gate.facts.closings)),
        tie_out=tied,
        refusal=_refusal(gate, closed_on) or (f"The closing does not tie out. {tied.refusal}" if tied.refusal else ""),
    )


def confirmation_refusal(review: ClosingReview, expected: Iterable[str], leave_out_confirmed: bool) -> str:
    """Why `review` may not be closed as confirmed; empty where it may.

    `expected` are the names of the investors whom the user saw ready; `leave_out_confirmed` is his word that the
    others stay out.
    """
    if review.refusal:
        return review.refusal
    seen = frozenset(expected)
    now = frozenset(review.expected)
    if seen != now:
        return f"The list changed since you looked at it: {_changes(seen, now)} Look at it again and confirm anew."
    if review.left_out and not leave_out_confirmed:
        names = listing((each.investor.name for each in review.left_out), most=len(review.left_out))
        return f"The closing would leave out {names}. Confirm that they stay out, or wait until they are ready."
    return ""


def stood_on(fact: Fact, deal: Deal, facts: Facts) -> bool:
    """Whether a closing stood on a fact, so that it is not taken back: it was on file by then.

    Not so a fact of investors left out, where those who closed were ready without it; what moved the closing is always.
    """
    if not _is_left_outs(fact, deal, facts):
        return is_closed_on(fact, deal, facts)
    return any(_needed(fact, each, deal, facts) for each in facts.closings if fact.at <= each.at)


def is_closed_on(fact: Fact, deal: Deal, facts: Facts) -> bool:
    """Whether a closing stood on a fact that is not one of an investor left out: told without asking the gate again."""
    if _is_left_outs(fact, deal, facts):
        return False
    whose = speaks_for(fact, deal) if not is_of_move(fact, facts) else frozenset()
    return any(fact.at <= each.at and (not whose or whose & set(each.investors)) for each in facts.closings)


def _is_left_outs(fact: Fact, deal: Deal, facts: Facts) -> bool:
    """Whether a fact speaks for an investor who has not closed, and for nobody else."""
    whose = speaks_for(fact, deal)
    return bool(whose) and not whose & closed_names(facts) and not is_of_move(fact, facts)


def _needed(fact: Fact, closed: Closed, deal: Deal, facts: Facts) -> bool:
    """Whether some of those who closed would not have been ready without a fact."""
    rest: dict[str, Any] = {
        name: tuple(each for each in rows if each != fact) for name, rows in facts.tables() if fact in rows
    }
    rest["closings"] = tuple(each for each in facts.closings if each.at < closed.at)
    without = evaluate(deal, replace(facts, **rest), closed.at)
    return not all(without.investor(name).is_ready for name in closed.investors)


def _changes(seen: frozenset[str], now: frozenset[str]) -> str:
    said = []
    if now - seen:
        said.append(f"{listing(sorted(now - seen))} became ready.")
    if seen - now:
        said.append(f"{listing(sorted(seen - now))} {'is' if len(seen - now) == 1 else 'are'} no longer ready.")
    return " ".join(said)


def _reasons(state: InvestorState) -> tuple[str, ...]:
    return tuple(
        f"{section}: {in_words(cell.missing)}" for section, cell in state.cells.items() if not cell.is_satisfied
    )


def _refusal(gate: Gate, closing_day: date) -> str:
    if gate.is_closed:
        return gate.why_closed
    zone = gate.deal.closing.time_zone
    if gate.moment.astimezone(ZoneInfo(zone)).date() != closing_day:
        return (
            f"The closing is set for {at_time(gate.closing.at, zone)}. "
            f"To close on another day, move it first{_section_of_moving(gate.deal)}."
        )
    if not gate.ready:
        return "No investor is ready. See what is still open on the overview."
    return ""


def _section_of_moving(deal: Deal) -> str:
    found = next((each.section for each in deal.thresholds if each.matter == "move-closing"), "")
    return f" ({found})" if found else ""


def _pages(gate: Gate, ready: tuple[Investor, ...]) -> frozenset[tuple[str, str, str]]:
    """The pages in escrow of the issuer and of those who close; the others' stay in escrow."""
    parties = {ISSUER, *(investor.name for investor in ready)}
    party_of = gate.deal.party_of_block
    return frozenset(
        (each.document, each.block, each.version)
        for each in gate.facts.signatures
        if each.released_at is None and party_of.get(each.block) in parties
    )


def _filings(deal: Deal, closed_on: date) -> Iterator[AfterClosing]:
    seen = set()
    for condition in deal.conditions:
        if not isinstance(condition.evidence, ByJurisdiction):
            continue
        for filing in condition.evidence.post_sale_filings:
            if filing.key not in seen:
                seen.add(filing.key)
                due_on = closed_on + timedelta(days=filing.due_days)
                key = f"filing-{filing.key}"[:80]
                yield AfterClosing(key, condition.section, filing.heading, filing.owed_by, due_on)


def _covenants(deal: Deal, ready: tuple[Investor, ...], *, is_first: bool) -> Iterator[AfterClosing]:
    """The covenants that the closing opens: those of single investors for each, the others with the first closing."""
    for at, covenant in enumerate(deal.covenants):
        if covenant.due != "after-closing":
            continue
        if covenant.minimum_shares is None:
            if not is_first:
                continue
            yield AfterClosing(f"covenant-{at + 1}", covenant.section, covenant.heading, covenant.owed_by)
            continue
        for investor in entitled(covenant, ready):
            key = f"covenant-{at + 1}-{deal.investors.index(investor) + 1}"
            yield AfterClosing(key, covenant.section, f"{covenant.heading}: {investor.name}", covenant.owed_by)


def entitled(covenant: Covenant, holders: Iterable[Investor]) -> tuple[Investor, ...]:
    """The holders who may claim a covenant: those of at least its minimum of shares, where it has one."""
    least = covenant.minimum_shares or 0
    return tuple(investor for investor in holders if investor.shares >= least)
