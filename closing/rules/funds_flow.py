"""The funds flow of a closing: from its sources, each investor, to its uses, balanced to zero to the cent.

Uses are counsel's reimbursement (Section 6(d)), the uses of the proceeds that the agreement names (Section 5(e)), what
counsel add, and the issuer, whose line balances. What comes in and belongs to nobody here (too much paid, the money of
an investor who does not close) is a source with a use of its own: to be sent back, or held.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from closing.rules.fees import moved
from closing.rules.further import closed_names
from closing.rules.gate import Gate
from closing.rules.prices import stated_amount
from closing.rules.purchase_price import paid_by_investor
from closing.rules.reimbursement import reimbursements
from closing.rules.terms import Deal, LineKind
from closing.rules.words import ended, money

ZERO = Decimal("0.00")
REIMBURSEMENT = {LineKind.FEE: "Reimbursement of fees", LineKind.EXPENSE: "Reimbursement of out-of-pocket expenses"}


class SourceKind(StrEnum):
    """Where money comes from."""

    INVESTOR = "investor"
    HELD = "held"
    UNMATCHED = "unmatched"


class UseKind(StrEnum):
    """What money is for."""

    FEES = "fees"
    EXPENSES = "expenses"
    PROCEEDS = "proceeds"
    OTHER = "other"
    REFUND = "refund"
    HELD = "held"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What counsel enter: a payment out of the proceeds, in the deal's currency.

    With the `purpose` of a use of proceeds in the deal file it states its exact amount, and to whom; several of one
    purpose are its parts. With any other purpose it is a use of its own.
    """

    purpose: str
    amount: Decimal
    payee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Money that came in and belongs to no payment on file, as counsel say, in the deal's currency. `name` is whose."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Money from somebody. `amount` is what was received, netted and is still to come.

    `price` is the investor's purchase price and `over` what was paid beyond it; `refunded` went back already and is in
    no other figure.
    """

    kind: SourceKind
    name: str
    amount: Decimal
    price: Decimal = ZERO
    received: Decimal = ZERO
    netted: Decimal = ZERO
    refunded: Decimal = ZERO
    to_come: Decimal = ZERO
    over: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Money for somebody. `netted` of it was kept back from wires, and is paid already; `about` is not exact yet."""

    kind: UseKind
    payee: str
    purpose: str
    amount: Decimal
    section: str = ""
    netted: Decimal = ZERO
    about: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsFlow:
    """Sources and uses, which always add up to the same. The issuer's line is the last use.

    `refusal` says why it cannot be carried out, where the uses leave the issuer less than nothing; else it is blank.
    """

    currency: str
    sources: tuple[Source, ...]
    uses: tuple[Use, ...]
    refusal: str = ""

    @property
    def total(self) -> Decimal:
        """All sources, and all uses."""
        return sum((each.amount for each in self.sources), ZERO)

    @property
    def issuer(self) -> Use:
        """What is left to the issuer."""
        return self.uses[-1]

    @property
    def to_come(self) -> Decimal:
        """What has still to be received."""
        return sum((each.to_come for each in self.sources), ZERO)

    @property
    def netted(self) -> Decimal:
        """What was kept back from wires."""
        return sum((each.netted for each in self.sources), ZERO)

    @property
    def names(self) -> tuple[str, ...]:
        """The investors for whom it is."""
        return tuple(each.name for each in self.sources if each.kind is SourceKind.INVESTOR)

    @property
    def is_about(self) -> bool:
        """Whether an amount is not exact yet."""
        return any(each.about for each in self.uses)


def funds_flow(
    gate: Gate,
    names: Iterable[str],
    adjustments: Sequence[Adjustment] = (),
    unmatched: Sequence[Unmatched] = (),
) -> FundsFlow:
    """The funds flow of a closing for the investors of those names, by the facts on file at the gate's moment.

    The order of the facts makes no difference.
    """
    chosen = frozenset(names)
    sources = (*_sources(gate, chosen), *_held(gate, chosen), *_unmatched(unmatched))
    price = sum((each.price for each in sources), ZERO)
    uses = (
        *_reimbursements(gate, chosen),
        *_proceeds(gate.deal, price, adjustments),
        *_others(gate.deal, adjustments),
        *_back(sources),
    )
    left = sum((each.amount for each in sources), ZERO) - sum((each.amount for each in uses), ZERO)
    issuer = Use(kind=UseKind.ISSUER, payee=gate.deal.issuer.name, purpose="What is left of the proceeds", amount=left)
    currency = gate.deal.agreement.currency
    refusal = ""
    if left < 0:
        short = f"The uses come to {money(-left, currency)} more than the sources: nothing would be left to "
        refusal = f"{ended(short + gate.deal.issuer.name)} Lower a use, or take it out."
    return FundsFlow(currency=currency, sources=sources, uses=(*uses, issuer), refusal=refusal)


def _sources(gate: Gate, chosen: frozenset[str]) -> Iterator[Source]:
    """Each investor that closes, in Schedule A's order: gross, and how it comes."""
    paid = paid_by_investor(gate.deal, gate.facts)
    for investor in gate.deal.investors:
        if investor.name in chosen:
            found = paid[investor.name]
            yield Source(
                kind=SourceKind.INVESTOR,
                name=investor.name,
                amount=found.received + found.netted + found.missing,
                price=investor.purchase_price,
                received=found.received,
                netted=found.netted,
                refunded=found.refunded,
                to_come=found.missing,
                over=found.over,
            )


def _held(gate: Gate, chosen: frozenset[str]) -> Iterator[Source]:
    """Money of those who do not close here: all that came from who has not closed, else what is beyond the price.

    What was netted from the wire of somebody who does not close has no effect, and did not reach the issuer.
    """
    closed = closed_names(gate.facts)
    for name, paid in paid_by_investor(gate.deal, gate.facts).items():
        amount = paid.over if name in closed else paid.received
        if name not in chosen and amount > 0:
            over = amount if name in closed else ZERO
            yield Source(
                kind=SourceKind.HELD, name=name, amount=amount, received=amount, refunded=paid.refunded, over=over
            )


def _unmatched(unmatched: Sequence[Unmatched]) -> Iterator[Source]:
    for each in unmatched:
        yield Source(kind=SourceKind.UNMATCHED, name=each.name, amount=each.amount, received=each.amount)


def _reimbursements(gate: Gate, chosen: frozenset[str]) -> Iterator[Use]:
    """What each counsel is reimbursed at this closing: what the closing would fix, with what is netted of it (6(d)).

    What is netted goes to the counsel also where the closing fixes less.
    """
    netted: dict[tuple[str, LineKind], Decimal] = defaultdict(lambda: ZERO)
    for fact, amount in moved(gate.facts):
        if fact.netted_from in chosen:
            netted[fact.counsel, fact.kind] += amount
    fixed: dict[tuple[str, LineKind], Decimal] = {}
    for each in reimbursements(gate, chosen):
        fixed[each.counsel, LineKind.FEE], fixed[each.counsel, LineKind.EXPENSE] = each.fees, each.expenses
    sections = {each.counsel: each.section for each in gate.fees}
    for counsel in gate.deal.counsel:
        for line, kind in ((LineKind.FEE, UseKind.FEES), (LineKind.EXPENSE, UseKind.EXPENSES)):
            kept = netted[counsel.key, line]
            amount = max(kept, fixed.get((counsel.key, line), ZERO))
            if amount:
                yield Use(
                    kind=kind,
                    payee=counsel.name,
                    purpose=REIMBURSEMENT[line],
                    amount=amount,
                    section=sections.get(counsel.key, ""),
                    netted=kept,
                )


def _proceeds(deal: Deal, price: Decimal, adjustments: Sequence[Adjustment]) -> Iterator[Use]:
    """What the agreement says of the use of the proceeds, in counsel's amounts where they gave any (5(e))."""
    for each in deal.proceeds:
        stated = [said for said in adjustments if said.purpose == each.purpose]
        for said in stated:
            yield Use(
                kind=UseKind.PROCEEDS,
                payee=said.payee or each.payee,
                purpose=each.purpose,
                amount=said.amount,
                section=each.section,
            )
        if not stated:
            yield Use(
                kind=UseKind.PROCEEDS,
                payee=each.payee,
                purpose=each.purpose,
                amount=stated_amount(each, price),
                section=each.section,
                about=each.about,
            )


def _others(deal: Deal, adjustments: Sequence[Adjustment]) -> Iterator[Use]:
    stated = {each.purpose for each in deal.proceeds}
    for each in adjustments:
        if each.purpose not in stated:
            yield Use(kind=UseKind.OTHER, payee=each.payee, purpose=each.purpose, amount=each.amount)


def _back(sources: Sequence[Source]) -> Iterator[Use]:
    """To whom what is not for this closing goes: too much paid is sent back, the rest is held."""
    for each in sources:
        if each.over:
            yield Use(
                kind=UseKind.REFUND, payee=each.name, purpose="Paid beyond the price, to be sent back", amount=each.over
            )
        elif each.kind is SourceKind.HELD:
            yield Use(kind=UseKind.HELD, payee=each.name, purpose="Held: not in this closing", amount=each.amount)
        elif each.kind is SourceKind.UNMATCHED:
            yield Use(
                kind=UseKind.REFUND,
                payee=each.name,
                purpose="Belongs to no payment on file, to be sent back",
                amount=each.amount,
            )
