"""The purchase price of each investor: owed, received, netted, sent back (Sections 1(b) and 2(b)(ii))."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from closing.rules.facts import Facts
from closing.rules.fees import ZERO, netted_by_investor
from closing.rules.terms import Deal
from closing.rules.words import money, on_day


@dataclass(frozen=True, slots=True)
class Paid:
    """What one investor owes and has paid, in the deal's currency.

    `received` is what stands received, less `refunded`, what was sent back; it is below nothing where a payment was
    returned after money had been sent back. `netted` was kept back from its wire for counsel's fees: that counts as
    paid.
    """

    owed: Decimal
    received: Decimal
    netted: Decimal
    refunded: Decimal

    @property
    def counted(self) -> Decimal:
        """What counts towards the price: received and netted."""
        return self.received + self.netted

    @property
    def missing(self) -> Decimal:
        """What is still to come."""
        return max(ZERO, self.owed - self.counted)

    @property
    def over(self) -> Decimal:
        """What was paid beyond the price, and is to be sent back."""
        return max(ZERO, self.counted - self.owed)


def received_by_investor(facts: Facts, currency: str) -> dict[str, Decimal]:
    """Purchase price received from each investor less what was sent back, in `currency`; `facts` are those that stand.

    An investor of whom nothing is on file has no entry.
    """
    received: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in facts.payments:
        if each.currency == currency:
            received[each.investor] += each.amount
    for back in facts.refunds:
        if back.currency == currency:
            received[back.investor] -= back.amount
    return dict(received)


def paid_by_investor(deal: Deal, facts: Facts) -> dict[str, Paid]:
    """What every investor of Schedule A owes and has paid. `facts` are those that stand (Section 2(b)(ii))."""
    received = received_by_investor(facts, deal.agreement.currency)
    netted = netted_by_investor(facts)
    refunded: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in facts.refunds:
        refunded[each.investor] += each.amount
    return {
        investor.name: Paid(
            owed=investor.purchase_price,
            received=received.get(investor.name, ZERO),
            netted=netted.get(investor.name, ZERO),
            refunded=refunded[investor.name],
        )
        for investor in deal.investors
    }


def over_refusal(deal: Deal, facts: Facts, coming: Mapping[str, Decimal], currency: str) -> str:
    """Whose payments go beyond the price, with what came by name in `coming`; blank where nobody's.

    It is taken on an explicit word, as overpaid, and is to be sent back before a closing ties.
    """
    if currency != deal.agreement.currency:
        return ""
    paid = paid_by_investor(deal, facts)
    told = []
    for name, amount in coming.items():
        over = paid[name].counted + amount - paid[name].owed if name in paid else ZERO
        if over > 0:
            so_far = f"of which {money(paid[name].counted, currency)} is on file"
            owes = f"{name} owes {money(paid[name].owed, currency)}, {so_far}"
            told.append(f"{owes}: this would be over by {money(over, currency)}.")
    return " ".join(told)


def again_refusal(*, counts: bool, went_back: bool, line_is_open: bool) -> str:
    """Why a payment that was marked as returned by hand is not put on file again as it came; blank where it may be.

    `went_back` is whether a line of the bank's statement says that it did; `line_is_open` whether the one by which it
    came waits to be confirmed anew.
    """
    if counts:
        return "It was not marked as returned, and counts."
    if went_back:
        return "A line of the bank’s statement says that it went back. If that line is another payment, undo it there."
    if line_is_open:
        return "The bank’s line by which it came is open again. Confirm that line, and the payment is on file anew."
    return ""


def twice_refusal(facts: Facts, total: Decimal, currency: str, reference: str, time_zone: str) -> str:
    """Whether a wire or check of this reference and amount stands on file, in words; blank where none does.

    The parts of one wire count together; a blank reference is that of none.
    """
    if not reference.strip():
        return ""
    wires: dict[str, Decimal] = defaultdict(lambda: ZERO)
    came = {}
    for at, each in enumerate(facts.payments):
        if each.currency == currency and same_reference(each.reference, reference):
            key = each.receipt or f"#{at}"
            wires[key] += each.amount
            came[key] = each
    for key, amount in wires.items():
        if amount == total:
            day = on_day(came[key].at.astimezone(ZoneInfo(time_zone)).date())
            said = f"{money(total, currency)} with the reference {reference.strip()}"
            return f"{said} is on file since {day}. Record it again only if it came twice."
    return ""


def same_reference(one: str, other: str) -> bool:
    """Whether two references are the same but for spaces and capitals."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def refund_refusal(deal: Deal, facts: Facts, investor: str, amount: Decimal) -> str:
    """Why `amount` of the deal's currency is no refund to the investor; blank where it is.

    Only what lies beyond the price is sent back; a whole payment that came back is marked as returned.
    """
    paid = paid_by_investor(deal, facts).get(investor)
    if paid is None:
        return f"{investor} is no investor of this deal."
    currency = deal.agreement.currency
    if not paid.over:
        return f"{investor} has not paid more than it owes. A payment that came back is marked as returned."
    if amount > paid.over:
        return f"{investor} is over by {money(paid.over, currency)}. No more than that is sent back."
    return ""
