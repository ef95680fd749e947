"""What the issuer reimburses of counsel's bills, and what stays over the cap (Section 6(d)).

Every amount in the deal's currency. `facts` are those that stand at the moment asked about.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from closing.rules.facts import Bill, BillKey, Facts, FeePayment, FeeReversal
from closing.rules.terms import REIMBURSED, Deal, FeeCap, LineKind, Side

ZERO = Decimal("0.00")

ByKind = Mapping[LineKind, Decimal]

KINDS_OF_LINE = {LineKind.FEE: "fees", LineKind.EXPENSE: "expenses", LineKind.DISPUTE: "costs of a dispute"}
"""What each kind of line is called in a sentence."""


@dataclass(frozen=True, slots=True)
class FeeStatement:
    """One counsel's bills against its cap, in `currency`. `cap` is None where there is none.

    `billed` is net of credit notes and write-offs. `paid` is what the issuer paid, less what came back, and what was
    netted from the wires of investors who have closed; `netted` is what was netted from the others' and stands.
    """

    section: str
    counsel: str
    currency: str
    cap: Decimal | None
    covers: tuple[LineKind, ...]
    billed: ByKind
    paid: ByKind
    netted_by_kind: ByKind
    only_if_closed: bool
    is_payable: bool

    @property
    def fees_billed(self) -> Decimal:
        """Fees billed."""
        return self.billed[LineKind.FEE]

    @property
    def expenses_billed(self) -> Decimal:
        """Out-of-pocket expenses billed."""
        return self.billed[LineKind.EXPENSE]

    @property
    def fees_paid(self) -> Decimal:
        """Fees paid, and netted with effect."""
        return self.paid[LineKind.FEE]

    @property
    def expenses_paid(self) -> Decimal:
        """Expenses paid, and netted with effect."""
        return self.paid[LineKind.EXPENSE]

    @property
    def netted(self) -> Decimal:
        """Netted from the wires of investors who have not closed yet."""
        return sum(self.netted_by_kind.values(), ZERO)

    @property
    def capped_billed(self) -> Decimal:
        """Billed of the kinds that the cap limits."""
        return self._capped(self.billed)

    @property
    def capped_paid(self) -> Decimal:
        """Paid of the kinds that the cap limits, without what is netted only."""
        return self._capped(self.paid)

    @property
    def capped_netted(self) -> Decimal:
        """Netted of the kinds that the cap limits."""
        return self._capped(self.netted_by_kind)

    @property
    def covered(self) -> str:
        """The kinds that the cap limits, in words: `fees and expenses`."""
        return " and ".join(KINDS_OF_LINE[kind] for kind in REIMBURSED if kind in self.covers)

    @property
    def over_cap(self) -> Decimal:
        """What the cap cuts off; it stays with the investors."""
        return ZERO if self.cap is None else max(ZERO, self.capped_billed - self.cap)

    @property
    def room(self) -> Decimal | None:
        """What a further bill could recover of capped lines; None where there is no cap."""
        return None if self.cap is None else max(ZERO, self.cap - self.capped_billed)

    @property
    def payable_room(self) -> Decimal | None:
        """What may still be paid or netted of capped lines before the cap is reached; None where there is no cap."""
        return None if self.cap is None else self.cap - self.capped_paid - self.capped_netted

    def taken(self, kind: LineKind) -> Decimal:
        """Paid or netted of one kind."""
        return self.paid[kind] + self.netted_by_kind[kind]

    @property
    def due_by_kind(self) -> dict[LineKind, Decimal]:
        """What is still to be reimbursed of each kind. What a cap over both cuts off is cut off the fees first."""
        due = {kind: max(ZERO, self.billed[kind] - self.taken(kind)) for kind in REIMBURSED}
        room = self.payable_room
        if room is not None:
            for kind in (LineKind.EXPENSE, LineKind.FEE):
                if kind in self.covers:
                    due[kind] = max(ZERO, min(due[kind], room))
                    room -= due[kind]
        return due

    @property
    def reimbursable_by_kind(self) -> dict[LineKind, Decimal]:
        """What the issuer reimburses in all of what is billed, if the closing is effected: past no cap."""
        return {kind: self.taken(kind) + due for kind, due in self.due_by_kind.items()}

    @property
    def fees_reimbursable(self) -> Decimal:
        """Fees billed that the issuer reimburses: never more than the cap."""
        return self.reimbursable_by_kind[LineKind.FEE]

    @property
    def expenses_reimbursable(self) -> Decimal:
        """Expenses billed that the issuer reimburses; the cap limits them only where the deal says so."""
        return self.reimbursable_by_kind[LineKind.EXPENSE]

    def recoverable(self, kind: LineKind) -> Decimal | None:
        """What a further bill could recover of one kind; None where nothing limits it."""
        if kind not in REIMBURSED:
            return ZERO
        return self.room if kind in self.covers else None

    def _capped(self, amounts: ByKind) -> Decimal:
        return sum((amounts[kind] for kind in self.covers), ZERO)


def fee_statements(deal: Deal, facts: Facts) -> tuple[FeeStatement, ...]:
    """A statement for each cap of the deal, in its order.

    Fees are reimbursed up to the cap in all, expenses on receipt of a bill and past no cap; both only if the closing is
    effected, where the deal says so.
    """
    billed, paid, netted = billed_by_bill(facts), *taken_by_bill(facts)
    return tuple(_statement(deal, cap, facts, billed, paid, netted) for cap in deal.fees)


def _statement(
    deal: Deal,
    cap: FeeCap,
    facts: Facts,
    billed: Mapping[BillKey, ByKind],
    paid: Mapping[BillKey, ByKind],
    netted: Mapping[BillKey, ByKind],
) -> FeeStatement:
    own = [bill.key for bill in facts.bills if bill.counsel == cap.counsel]

    def summed(amounts: Mapping[BillKey, ByKind]) -> dict[LineKind, Decimal]:
        return {kind: sum((amounts[key][kind] for key in own if key in amounts), ZERO) for kind in LineKind}

    return FeeStatement(
        section=cap.section,
        counsel=cap.counsel,
        currency=deal.agreement.currency,
        cap=cap.cap,
        covers=cap.cap_covers,
        billed=summed(billed),
        paid=summed(paid),
        netted_by_kind=summed(netted),
        only_if_closed=cap.only_if_closed,
        is_payable=bool(facts.closings) or not cap.only_if_closed,
    )


def billed_by_bill(facts: Facts) -> dict[BillKey, dict[LineKind, Decimal]]:
    """What each bill bills of each kind, net of its credit notes and of what counsel wrote off."""
    billed = {bill.key: by_kind((line.kind, line.amount) for line in bill.lines) for bill in facts.bills}
    for note in facts.credit_notes:
        if note.bill_key in billed:
            for line in note.lines:
                billed[note.bill_key][line.kind] -= line.amount
    for each in facts.write_offs:
        if each.bill_key in billed:
            billed[each.bill_key][each.kind] -= each.amount
    return billed


def taken_by_bill(
    facts: Facts,
) -> tuple[dict[BillKey, dict[LineKind, Decimal]], dict[BillKey, dict[LineKind, Decimal]]]:
    """What stands paid towards each bill, and what stands netted, of each kind.

    What was netted from the wire of an investor who has closed is paid.
    """
    closed = {name for each in facts.closings for name in each.investors}
    paid: dict[BillKey, dict[LineKind, Decimal]] = defaultdict(by_kind)
    netted: dict[BillKey, dict[LineKind, Decimal]] = defaultdict(by_kind)
    for fact, amount in moved(facts):
        where = netted if fact.netted_from and fact.netted_from not in closed else paid
        where[fact.bill_key][fact.kind] += amount
    return paid, netted


def netted_by_investor(facts: Facts) -> dict[str, Decimal]:
    """What was kept back from each investor's wire and stands, by registered name: it counts as purchase price."""
    netted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each, amount in moved(facts):
        if each.netted_from:
            netted[each.netted_from] += amount
    return dict(netted)


def netted_by_bill(facts: Facts, bill: BillKey) -> dict[str, Decimal]:
    """What stands netted towards one bill, by the investor from whose wire it was kept back and who has not closed."""
    closed = {name for each in facts.closings for name in each.investors}
    netted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each, amount in moved(facts):
        if each.bill_key == bill and each.netted_from and each.netted_from not in closed:
            netted[each.netted_from] += amount
    return {name: amount for name, amount in netted.items() if amount}


def moved(facts: Facts) -> Iterator[tuple[FeePayment | FeeReversal, Decimal]]:
    """What was paid or netted, and below nothing what came back."""
    yield from ((each, each.amount) for each in facts.fee_payments)
    yield from ((each, -each.amount) for each in facts.fee_reversals)


def in_all(statements: Iterable[FeeStatement], figure: Callable[[FeeStatement], Decimal]) -> Decimal:
    """A figure of every statement, added up: `in_all(gate.fees, lambda each: each.fees_billed)`."""
    return sum((figure(each) for each in statements), ZERO)


def cap_in_all(statements: Iterable[FeeStatement]) -> Decimal | None:
    """The caps added up; None where one of the counsel has no cap, or none is reimbursed."""
    caps = [each.cap for each in statements]
    return sum((cap for cap in caps if cap is not None), ZERO) if caps and None not in caps else None


def is_issuers_own(deal: Deal, bill: Bill) -> bool:
    """Whether a bill is of the issuer's own costs, which it pays closing or no closing and past every cap."""
    counsel = deal.counsel_by_key.get(bill.counsel)
    return counsel is not None and counsel.side is Side.ISSUER and bill.counsel not in deal.cap_by_counsel


def by_kind(amounts: Iterable[tuple[LineKind, Decimal]] = ()) -> dict[LineKind, Decimal]:
    """Amounts added up by kind of line, with nothing for the kinds that have none."""
    found = dict.fromkeys(LineKind, ZERO)
    for kind, amount in amounts:
        found[kind] += amount
    return found
